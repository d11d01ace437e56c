"""Addresses, secrets and environment of a stack."""

import stat

import pytest

from devstack import config, files, stack

GIVEN = {
    "DATABASE_URL": "postgresql://me:pw@db.example:6432/mine",
    "BROKER_URL": "amqp://me:pw@mq.example//",
    "CACHE_URL": "redis://cache.example/3",
}


@pytest.fixture
def opened(tmp_path):
    """A stack in a new directory."""
    return stack.open_stack(config=config.Config(run_dir=tmp_path / "run", cache_dir=tmp_path / "cache"))


def test_secrets_and_ports_are_made_once_and_for_the_owner_only(opened):
    again = stack.open_stack(config=opened.config)

    assert again.passwords == opened.passwords
    assert again.ports == opened.ports
    assert stat.S_IMODE((opened.run_dir / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(opened.run_dir.stat().st_mode) == 0o700


def test_two_stacks_share_no_secret(tmp_path):
    one, other = (files.passwords(path=tmp_path / name / "secrets.json") for name in ("one", "other"))

    assert set(one.values()).isdisjoint(other.values())


def test_a_lost_secret_is_made_again_and_the_others_stay(tmp_path):
    path = tmp_path / "secrets.json"
    before = files.passwords(path=path)
    files.write(path=path, content={key: value for key, value in before.items() if key != "valkey"})

    after = files.passwords(path=path)

    assert {key: value for key, value in after.items() if key != "valkey"} == {
        key: value for key, value in before.items() if key != "valkey"
    }
    assert after["valkey"] != before["valkey"]


def test_addresses_of_the_embedded_servers(opened):
    port, password = opened.ports["postgres"], opened.passwords["postgres"]

    assert opened.database_server_url == f"postgresql://plaza:{password}@127.0.0.1:{port}"
    assert opened.database_url(name="orders") == f"postgresql://plaza:{password}@127.0.0.1:{port}/orders"
    assert opened.maintenance_url.endswith("/postgres")
    assert opened.broker_url.endswith(f"@127.0.0.1:{opened.ports['rabbitmq']}//")
    assert opened.cache_url.endswith(f"@127.0.0.1:{opened.ports['valkey']}/0")


def test_given_servers_stand_for_their_parts(tmp_path):
    given = stack.open_stack(config=config.Config(run_dir=tmp_path, cache_dir=tmp_path, given_servers=GIVEN))

    assert [name for name in ("postgres", "rabbitmq", "valkey") if given.is_given(part=name)] == [
        "postgres",
        "rabbitmq",
        "valkey",
    ]
    assert given.database_url(name="users") == "postgresql://me:pw@db.example:6432/users"
    assert given.maintenance_url == "postgresql://me:pw@db.example:6432/mine"
    assert (given.broker_url, given.cache_url) == (GIVEN["BROKER_URL"], GIVEN["CACHE_URL"])


def test_a_given_server_without_a_database_is_entered_through_postgres(tmp_path):
    servers = {"DATABASE_URL": "postgresql://me@db.example"}
    given = stack.open_stack(config=config.Config(run_dir=tmp_path, cache_dir=tmp_path, given_servers=servers))

    assert given.maintenance_url == "postgresql://me@db.example/postgres"


def test_processes_do_not_inherit_what_would_confuse_them(tmp_path):
    environ = GIVEN | {
        "PLAZA_RUN_DIR": "/x",
        "PGHOST": "elsewhere",
        "RABBITMQ_NODENAME": "other",
        "DJANGO_SETTINGS_MODULE": "wrong",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
    }

    cleaned = stack.clean(environ=environ, cache_dir=tmp_path)

    assert set(cleaned) == {"LANG", "PATH", "PYTHONUNBUFFERED", "PYTHONPYCACHEPREFIX"}
    assert cleaned["PYTHONPYCACHEPREFIX"] == str(tmp_path / "bytecode")


def test_half_a_state_file_is_no_state(tmp_path):
    (tmp_path / "state.json").write_text('{"phase": "rea')

    assert files.read(path=tmp_path / "state.json") == {}
    assert files.read(path=tmp_path / "missing.json") == {}


def test_a_written_file_is_read_back_and_leaves_no_draft(tmp_path):
    files.write(path=tmp_path / "new" / "state.json", content={"phase": "ready"})

    assert files.read(path=tmp_path / "new" / "state.json") == {"phase": "ready"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["state.json"]
