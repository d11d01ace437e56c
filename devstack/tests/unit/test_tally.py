"""The account at the end of a test run."""

import pytest

from devstack import errors, suites, tally

JUNIT = """<testsuites><testsuite>
<testcase classname="services.users.tests.unit.test_money" name="a" time="0.5"/>
<testcase classname="services.users.tests.unit.test_money" name="b" time="0.5"><failure>no</failure></testcase>
<testcase classname="services.users.tests.integration.test_race.TestIt" name="c" time="1"/>
<testcase classname="services.users.tests.integration.test_race" name="d"><error>broken fixture</error></testcase>
<testcase classname="tests.e2e.test_order" name="e" time="2"/>
<testcase classname="tests.e2e.test_order" name="f"><skipped/></testcase>
</testsuite></testsuites>"""


def test_outcomes_and_levels_are_counted(tmp_path):
    (tmp_path / "users.xml").write_text(JUNIT)

    read = tally.read(suite="users", path=tmp_path / "users.xml")

    assert (read.passed, read.failed, read.skipped, read.seconds) == (3, 2, 1, 4.0)
    assert dict(read.levels) == {"unit": 2, "integration": 2, "e2e": 2}


@pytest.mark.parametrize("content", [None, "<testsuites><testc"])
def test_a_suite_that_died_counts_as_failed(tmp_path, content):
    if content:
        (tmp_path / "users.xml").write_text(content)

    read = tally.read(suite="users", path=tmp_path / "users.xml")

    assert (read.passed, read.failed) == (0, 1)


def test_the_last_line_says_passed_and_failed_and_a_skip_is_a_failure(tmp_path):
    (tmp_path / "users.xml").write_text(JUNIT)
    users = tally.read(suite="users", path=tmp_path / "users.xml")

    lines = tally.tell(tallies=[users, tally.Tally(suite="gateway", passed=4)])

    assert lines[-1] == "7 passed, 3 failed"
    assert "pyramid: unit 2 (33 %), integration 2 (33 %), e2e 2 (33 %)" in lines
    assert any(line.startswith("skipped: 1") for line in lines)


def test_all_suites_or_the_named_ones_are_chosen(tmp_path):
    for suite in suites.ALL:
        (tmp_path / suite.path).mkdir(parents=True)

    assert suites.chosen(names=[], root=tmp_path) == list(suites.ALL)
    assert [suite.name for suite in suites.chosen(names=["orders", "shared"], root=tmp_path)] == ["orders", "shared"]


def test_a_suite_without_its_folder_is_an_error(tmp_path):
    with pytest.raises(errors.DevstackError, match="without a folder: services/users/tests"):
        suites.chosen(names=["users"], root=tmp_path)


@pytest.fixture(autouse=True)
def gates(monkeypatch):
    rooms = [f"{service}/{room}" for service in tally.SERVICES for room in tally.DECIDING]
    monkeypatch.setattr(tally, "GATES", dict.fromkeys([*rooms, "shared"], (95, 90)))


def measured(lines: int, branches: int, *names: str) -> tally.Files:
    """Return coverage's report: so many of a hundred lines and of a hundred branches in each file."""
    summary = {"covered_lines": lines, "num_statements": 100, "covered_branches": branches, "num_branches": 100}
    return {name: {"summary": summary | {"percent_covered": 1}} for name in names}


ORDERS = [f"services/orders/orders/{name}" for name in ("domain/saga.py", "services/placing.py", "selectors.py")]
HANDLERS = "services/orders/orders/handlers.py"


def test_packages_at_their_gate_pass():
    files = measured(95, 90, *ORDERS, HANDLERS)

    assert tally.under(files=files, whole=["orders"]) == []


def test_a_package_below_its_gate_is_told_with_what_is_missing():
    files = measured(95, 90, *ORDERS) | measured(94, 89, HANDLERS)

    assert tally.under(files=files, whole=["orders"]) == [
        "orders/handlers: 94.0 % of lines, at least 95 % are needed",
        "orders/handlers: 89.0 % of branches, at least 90 % are needed",
    ]


def test_a_package_is_measured_as_a_whole():
    files = measured(100, 100, *ORDERS, HANDLERS) | measured(90, 80, "services/orders/orders/domain/limits.py")

    assert tally.under(files=files, whole=["orders"]) == []


def test_a_package_without_files_is_below_its_gate():
    assert tally.under(files=measured(100, 100, *ORDERS), whole=["orders"]) == [
        "orders/handlers: no file of it was measured"
    ]


def test_only_suites_that_ran_as_a_whole_are_held_to_their_gates():
    files = measured(1, 1, *ORDERS, HANDLERS, "shared/shared/errors.py")

    assert tally.under(files=files, whole=[]) == []
    assert tally.under(files=files, whole=["shared", "gateway"]) == []
    assert len(tally.under(files=files, whole=["orders"])) == 8


def test_shared_is_held_to_what_all_django_suites_reach_together():
    names = [f"services/{service}/{service}/{room}.py" for service in tally.SERVICES for room in tally.DECIDING]
    files = measured(100, 100, *names) | measured(94, 95, "shared/shared/errors.py", "shared/shared/db/locks.py")

    assert tally.under(files=files, whole=["shared", "users", "catalog", "orders"]) == [
        "shared: 94.0 % of lines, at least 95 % are needed"
    ]


def test_coverage_that_could_not_be_measured_fails_whole_suites_only(tmp_path):
    assert tally.coverage(directory=tmp_path, root=tmp_path, whole=[]).under == []
    assert tally.coverage(directory=tmp_path, root=tmp_path, whole=["users"]).under == [
        "coverage could not be measured"
    ]
