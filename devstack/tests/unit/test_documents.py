"""What the documents name is there."""

import re
from pathlib import Path

import pytest

from devstack import config

NAMED = re.compile(r"`((?:services|shared|devstack|tools|tests|benchmarks|docs|k8s|helm)/[^`\s]*)`")
DOCUMENTS = [config.ROOT / "README.md", config.ROOT / "CONTRIBUTING.md", *sorted((config.ROOT / "docs").rglob("*.md"))]


def homes() -> list[Path]:
    """Return the directories from which paths are told: the root, and each package's own."""
    return [config.ROOT, config.ROOT / "shared", *(config.ROOT / "services" / name for name in config.SERVICES)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_is_there(document):
    named = set(NAMED.findall(document.read_text(encoding="utf-8")))

    patterns = {re.sub(r"<\w+>", "*", each.rstrip("/")) for each in named}
    missing = [each for each in patterns if not any([*home.glob(each)] for home in homes())]

    assert missing == []
