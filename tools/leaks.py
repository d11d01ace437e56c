"""Secrets that must not be in the repository: what looks like one, and is not in the list of those that are none.

The rules know the shapes of keys that give somebody access; they take a second, so `make lint` can ask each time. What
is harmless (made up for a test, an example) is named in tools/leaks.txt: path, rule, fingerprint, reason. A line there
that matches nothing any more is an error too.
"""

import dataclasses
import hashlib
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KNOWN = ROOT / "tools" / "leaks.txt"
LARGEST = 2_000_000
"""Bytes; no source is larger."""
_END = r"(?![A-Za-z0-9_/+=-])"
RULES = {
    "private_key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*(?:\\n)?\s*([A-Za-z0-9+/]{20,})",
    "aws": rf"\b((?:AKIA|ASIA)[0-9A-Z]{{16}}){_END}",
    "github": r"\b((?:gh[pousr]_[A-Za-z0-9]{36,})|github_pat_[A-Za-z0-9_]{40,})",
    "slack": r"\b(xox[abeprs]-[A-Za-z0-9-]{20,})",
    "stripe": r"\b([rs]k_live_[A-Za-z0-9]{20,})",
    "google": rf"\b(AIza[A-Za-z0-9_-]{{35}}){_END}",
    "package_index": r"\b(pypi-[A-Za-z0-9_-]{50,}|npm_[A-Za-z0-9]{36})",
    "token": r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})",
    "sentry": r"https://([0-9a-f]{32})@",
    "fernet_key": rf"(?<![A-Za-z0-9_/+-])([A-Za-z0-9_-]{{43}}=){_END}",
    "password_in_url": r"[a-z][a-z+]+://[^\s/:@\"'{}$<>]*:([^\s/:@\"'{}$<>]{8,})@",
    "named": (
        r"(?i)(?:secret|token|passw(?:or)?d|api_?key|credential)\w*[\"']?\s*[:=]\s*[\"']?([A-Za-z0-9_/+=.!#%*-]{20,})"
    ),
}
#: A value under a telling name is a name itself (settings.SECRET_KEY, an argument) unless it looks drawn by lot.
BITS = {"named": 3.9, "fernet_key": 3.9}
_PATTERNS = {name: re.compile(pattern) for name, pattern in RULES.items()}
_DIGIT = re.compile(r"[0-9]")


@dataclasses.dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """Something that looks like a secret; the fingerprint tells it again without telling it."""

    path: str
    rule: str
    fingerprint: str
    line: int = dataclasses.field(compare=False, default=0)


def findings(*, path: str, text: str) -> Iterator[Finding]:
    """Yield what looks like a secret in a text.

    Args:
        path: where it is.
        text: the content.
    """
    for rule, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            value = match[1]
            if rule in BITS and (bits(value) < BITS[rule] or not _DIGIT.search(value)):
                continue
            print_of = hashlib.sha256(value.encode()).hexdigest()[:12]
            yield Finding(path=path, rule=rule, fingerprint=print_of, line=text.count("\n", 0, match.start(1)) + 1)


def bits(value: str) -> float:
    """Return the entropy of a text's characters, in bits for each (Shannon)."""
    counts = Counter(value).values()
    return -sum(each / len(value) * math.log2(each / len(value)) for each in counts)


def known(*, text: str) -> set[Finding]:
    """Return what is listed as harmless; raises ValueError for a line without its reason."""
    found = set()
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(maxsplit=3)
        if len(parts) < 4:  # noqa: PLR2004  (path, rule, fingerprint, reason)
            raise ValueError(f"no reason given: {line}")
        found.add(Finding(path=parts[0], rule=parts[1], fingerprint=parts[2]))
    return found


def everywhere(*, root: Path = ROOT) -> list[Finding]:
    """Return what looks like a secret in the files that git has, or would take."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  (fixed)
    found: set[Finding] = set()
    for name in filter(None, listed.split("\0")):
        path = root / name
        if path.is_file() and path.stat().st_size <= LARGEST:
            found |= set(findings(path=name, text=path.read_text(encoding="utf-8", errors="replace")))
    return sorted(found)


def main() -> int:
    """Look everywhere; returns 1 when something new is found, or something listed is gone."""
    found, listed = everywhere(), known(text=KNOWN.read_text(encoding="utf-8"))
    new, gone = [each for each in found if each not in listed], sorted(listed - set(found))
    for each in new:
        sys.stderr.write(f"{each.path}:{each.line}: looks like a secret ({each.rule}, {each.fingerprint})\n")
    for each in gone:
        sys.stderr.write(f"tools/leaks.txt: {each.path} {each.rule} {each.fingerprint} is there no more\n")
    if new:
        sys.stderr.write("A real one: change it where it is used. A harmless one: list it with its reason.\n")
    sys.stdout.write(f"No secrets: {len(found)} lookalikes, all known.\n" if not (new or gone) else "")
    return int(bool(new or gone))


if __name__ == "__main__":
    sys.exit(main())
