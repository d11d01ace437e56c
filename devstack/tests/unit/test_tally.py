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
