"""Every alert has a runbook that a person can follow: its commands, metrics and links exist."""

import re

import pytest
import yaml

from tools.monitoring import burn, names, rules, runbooks

COMMANDS = re.compile(r"manage\.py ([a-z_]+)([^`\n]*)")
METRICS = re.compile(r"\b(?:plaza|http_server|rabbitmq|envoy|kube)_[a-z_]+|\bslo:[a-z_:0-9]+")
LABELS = {"envoy_cluster_name", "envoy_response_code_class"}


@pytest.fixture(scope="module")
def pages(root):
    return {path.stem: path.read_text() for path in (root / runbooks.FOLDER).glob("*.md") if path.stem != "README"}


def expressions(page):
    block = re.search(r"^In Prometheus:\n\n((?:    .+\n)+)", page, re.MULTILINE)
    return [line.strip() for line in block[1].splitlines()] if block else []


def test_every_alert_has_a_runbook_and_every_runbook_an_alert(promises, alerts, pages):
    assert sorted(pages) == sorted(rules.names(promises, alerts))


def test_the_index_lists_them_all(root, pages):
    index = (root / runbooks.FOLDER / "README.md").read_text()

    assert sorted(re.findall(r"^\| \[(\w+)\]\(\1\.md\) \|", index, re.MULTILINE)) == sorted(pages)


def test_every_section_is_written(pages):
    for name, page in pages.items():
        title, *sections = re.split(r"^##? ", page, flags=re.MULTILINE)[1:]
        told = {section.partition("\n")[0]: section.partition("\n")[2].strip() for section in sections}
        assert title.startswith(f"{name}\n"), name
        assert list(told) == list(runbooks.SECTIONS), name
        assert all(len(text) > 20 for text in told.values()), name
        assert expressions(page), name


def test_its_head_says_what_fires_it(promises, alerts, pages):
    heads = {name: page.split("\n\n")[1] for name, page in pages.items()}

    for alert in alerts.alerts:
        assert heads[alert.name] == f"*{alert.severity}.* Fires after {alert.lasts} of `{alert.expr}`."
    for slo in promises.slos:
        for pair in burn.BURNS:
            head = heads[burn.alert_name(slo, pair)]
            assert head.startswith(f"*{pair.severity}.* {slo.description}")
            assert f"{pair.factor:g} times too fast over {pair.long} and {pair.short}" in head


def test_a_new_alerts_runbook_is_begun_and_an_old_one_left_alone(tmp_path, promises, alerts, pages):
    (tmp_path / runbooks.FOLDER).mkdir(parents=True)
    mine = tmp_path / runbooks.FOLDER / "DeadLetters.md"
    mine.write_text("mine")

    runbooks.begin(promises, alerts, root=tmp_path)

    begun = {path.stem: path.read_text() for path in (tmp_path / runbooks.FOLDER).glob("*.md")}
    assert set(begun) == set(pages)
    assert begun["DeadLetters"] == "mine"
    assert "max by (service) (plaza_orders_stuck) > 0" in begun["OrdersStuck"]


def test_its_commands_exist_with_their_verbs_and_options(root, pages):
    known = {path.stem: path.read_text() for path in root.glob("s*/**/management/commands/*.py")}
    for name, page in pages.items():
        for command, rest in COMMANDS.findall(page):
            assert command in known, f"{name}: {command}"
            for option in re.findall(r"--[a-z-]+", rest):
                assert f'"{option}"' in known[command], f"{name}: {command} {option}"
            verb = re.match(r" ([a-z]+)\b", rest)
            if verb and "add_subparsers" in known[command]:
                assert f'add_parser("{verb[1]}"' in known[command], f"{name}: {command} {verb[1]}"


def test_its_make_commands_and_links_exist(root, pages):
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    for name, page in pages.items():
        assert set(re.findall(r"`?\bmake ([a-z-]+) S=", page)) <= targets, name
        assert set(re.findall(r"\]\((\w+)\.md\)", page)) <= {*pages, "README"}, name


def test_its_metrics_exist(pages):
    for name, page in pages.items():
        assert set(METRICS.findall(page)) - LABELS <= names.known(), name


def test_its_expressions_are_promql(tmp_path, pages, prometheus_says):
    listed = [
        {"record": "runbook:line", "expr": line, "labels": {"page": name, "line": str(number)}}
        for name, page in pages.items()
        for number, line in enumerate(expressions(page))
    ]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": listed}]}))

    code, said = prometheus_says("check", "rules", "rules.yaml", cwd=tmp_path)

    assert code == 0, said
    assert f"{len(listed)} rules found" in said
