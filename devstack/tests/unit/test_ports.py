"""Choosing ports."""

import socket

import pytest

from devstack import errors, ports


@pytest.fixture
def taken():
    """A port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free():
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, 0))
        return listener.getsockname()[1]


def test_chosen_ports_are_free_different_and_in_the_range():
    names = [f"part{number}" for number in range(40)]

    chosen = ports.assign(names=names, given={}, remembered={})

    assert list(chosen) == names
    assert len(set(chosen.values())) == 40
    assert all(ports.LOWEST <= port < ports.HIGHEST for port in chosen.values())


def test_a_given_port_wins_over_the_remembered_one(free):
    assert ports.assign(names=["postgres"], given={"postgres": free}, remembered={"postgres": 21000}) == {
        "postgres": free
    }


def test_the_remembered_port_is_kept_while_it_is_free(free):
    assert ports.assign(names=["postgres"], given={}, remembered={"postgres": free}) == {"postgres": free}


def test_a_remembered_port_that_somebody_took_is_replaced(taken):
    chosen = ports.assign(names=["postgres"], given={}, remembered={"postgres": taken})

    assert chosen["postgres"] != taken


def test_the_preferred_port_is_taken_only_when_free(taken, free):
    assert ports.assign(names=["gateway"], given={}, remembered={}, preferred={"gateway": free}) == {"gateway": free}
    assert ports.assign(names=["gateway"], given={}, remembered={}, preferred={"gateway": taken})["gateway"] != taken


def test_a_given_port_in_use_is_an_error_that_says_who_and_what_to_do(taken):
    with pytest.raises(errors.DevstackError) as caught:
        ports.assign(names=["users.web"], given={"users.web": taken}, remembered={})

    assert caught.value.what == f"port {taken} for users.web is in use"
    assert "listens on it" in caught.value.why
    assert "PLAZA_USERS_WEB_PORT" in caught.value.remedy


def test_two_names_never_share_a_given_port(free):
    chosen = ports.assign(names=["valkey", "postgres"], given={"postgres": free}, remembered={"valkey": free})

    assert chosen["postgres"] == free
    assert chosen["valkey"] != free
