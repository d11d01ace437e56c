"""The command line and its error texts."""

import argparse

import pytest

from devstack import cli, config, errors


def parse(*arguments: str) -> argparse.Namespace:
    return cli.parser().parse_args(arguments)


def test_exec_passes_the_command_on_untouched():
    chosen = parse("exec", "--parts", "postgres,valkey", "--", "pytest", "-k", "one and two", "--parts", "x")

    assert chosen.parts == ["postgres", "valkey"]
    assert chosen.command[1:] == ["pytest", "-k", "one and two", "--parts", "x"]


def test_exec_starts_all_stores_by_default():
    assert parse("exec", "--", "true").parts == ["postgres", "rabbitmq", "valkey"]


def test_up_starts_everything_or_only_some_stores():
    assert parse("up").only == []
    assert parse("up", "--only", "postgres,valkey").only == ["postgres", "valkey"]


def test_test_takes_suites_and_an_expression():
    chosen = parse("test", "users", "orders", "-k", "race or retry")

    assert (chosen.suite, chosen.expression) == (["users", "orders"], "race or retry")


def test_backups_audits_and_commands_need_a_running_stack(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PLAZA_RUN_DIR", str(tmp_path))

    assert cli.main(arguments=["backup", str(tmp_path / "backups")]) == 1
    assert cli.main(arguments=["restore", "users", str(tmp_path / "plaza-users.jsonl")]) == 1
    assert cli.main(arguments=["audit"]) == 1
    assert cli.main(arguments=["manage", "orders", "saga", "list"]) == 1

    assert capsys.readouterr().err.count("failed: nothing is running") == 4
    assert list(tmp_path.iterdir()) == []


def test_restore_takes_a_service_and_a_file():
    chosen = parse("restore", "orders", "plaza-orders.jsonl.gz")

    assert (chosen.service, chosen.file.name) == ("orders", "plaza-orders.jsonl.gz")


def test_manage_leaves_the_options_to_the_command():
    chosen = parse("manage", "orders", "saga", "list", "--stuck", "--format", "json")

    assert (chosen.service, chosen.arguments) == ("orders", ["saga", "list", "--stuck", "--format", "json"])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["manage", "shop", "check"],
        ["upp"],
        ["restore", "shop", "file"],
        ["backup", "d", "--format", "csv"],
        ["audit", "--age", "soon"],
        ["status", "--format", "yaml"],
        ["logs", "--lines", "many"],
    ],
)
def test_a_wrong_command_line_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        parse(*arguments)

    assert caught.value.code == 2
    assert "usage: python -m devstack" in capsys.readouterr().err


def test_exec_without_a_command_is_explained(capsys):
    assert cli.main(arguments=["exec", "--"]) == 1

    assert "failed: exec needs a command" in capsys.readouterr().err


def test_an_unknown_store_is_explained_before_anything_starts(capsys):
    assert cli.main(arguments=["exec", "--parts", "postgres,oracle", "--", "true"]) == 1

    told = capsys.readouterr().err
    assert "failed: no such part: oracle" in told
    assert "choose from postgres, rabbitmq, valkey" in told


def test_an_unknown_suite_is_explained(capsys):
    assert cli.main(arguments=["test", "user"]) == 1

    assert "failed: no such suite: user" in capsys.readouterr().err


def test_an_explanation_has_what_why_remedy_and_the_last_log_lines(tmp_path, capsys):
    log = tmp_path / "postgres.log"
    log.write_text("".join(f"line {number}\n" for number in range(30)))
    error = errors.DevstackError("postgres did not start", why="no space left", remedy="free some", log=log)

    cli.explain(error=error)

    lines = capsys.readouterr().err.splitlines()
    assert lines[1:5] == [
        "failed: postgres did not start",
        "   why: no space left",
        "    do: free some",
        f"   log: {log}",
    ]
    assert [line.strip() for line in lines[5:]] == [f"line {number}" for number in range(15, 30)]


def test_wrong_ports_are_explained(monkeypatch, capsys):
    monkeypatch.setenv("PLAZA_GATEWAY_PORT", "eighty")

    assert cli.main(arguments=["status"]) == 1

    assert "not a port: PLAZA_GATEWAY_PORT=eighty" in capsys.readouterr().err


def test_status_of_nothing_is_down(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PLAZA_RUN_DIR", str(tmp_path))

    assert cli.main(arguments=["status", "--format", "json"]) == 0

    assert '"phase": "down"' in capsys.readouterr().out
    assert config.from_environment(environ={"PLAZA_RUN_DIR": str(tmp_path)}).run_dir == tmp_path
