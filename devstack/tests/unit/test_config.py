"""What is read from the environment."""

from pathlib import Path

import pytest

from devstack import config, errors


def test_nothing_given_means_everything_under_the_repository():
    read = config.from_environment(environ={})

    assert read.run_dir == config.ROOT / ".run"
    assert read.cache_dir == config.ROOT / ".cache" / "devstack"
    assert read.given_servers == {}
    assert read.given_ports == {}
    assert read.durable is True


def test_given_directories_servers_and_ports_are_used(tmp_path):
    read = config.from_environment(
        environ={
            "PLAZA_RUN_DIR": str(tmp_path / "run"),
            "PLAZA_CACHE_DIR": str(tmp_path / "cache"),
            "DATABASE_URL": "postgresql://somebody@db.example/",
            "CACHE_URL": "",
            "PLAZA_GATEWAY_PORT": "8081",
            "PLAZA_ORDERS_WEB_MANAGEMENT_PORT": "21001",
        }
    )

    assert (read.run_dir, read.cache_dir) == (tmp_path / "run", tmp_path / "cache")
    assert read.given_servers == {"DATABASE_URL": "postgresql://somebody@db.example/"}
    assert read.given_ports == {"gateway": 8081, "orders.web.management": 21001}


def test_all_wrong_ports_are_named_at_once():
    wrong = {"PLAZA_GATEWAY_PORT": "http", "PLAZA_POSTGRES_PORT": "65536", "PLAZA_VALKEY_PORT": "-1"}

    with pytest.raises(errors.DevstackError) as caught:
        config.from_environment(environ=wrong)

    for name, value in wrong.items():
        assert f"{name}={value}" in caught.value.what


def test_a_temporary_stack_ignores_given_servers_and_is_not_durable():
    read = config.temporary(environ={"DATABASE_URL": "postgresql://somebody@db.example/"})

    assert read.given_servers == {}
    assert read.durable is False
    assert list(Path(read.run_dir).iterdir()) == []
    read.run_dir.rmdir()


@pytest.mark.parametrize("read", [config.from_environment, config.temporary])
def test_the_size_of_postgresqls_cache_can_be_given(read):
    assert read(environ={"PLAZA_SHARED_BUFFERS": "1536MB"}).shared_buffers == "1536MB"
    assert read(environ={}).shared_buffers == "128MB"


@pytest.mark.parametrize("wrong", ["a lot", "1536", "0MB", "1GB -c fsync=off"])
def test_a_size_that_is_none_is_refused(wrong):
    with pytest.raises(errors.DevstackError, match="PLAZA_SHARED_BUFFERS="):
        config.from_environment(environ={"PLAZA_SHARED_BUFFERS": wrong})
