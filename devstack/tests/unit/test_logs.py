"""Log files: rotation, last lines, following."""

import pytest

from devstack import errors, logs


def test_a_small_log_is_left_alone(tmp_path):
    path = tmp_path / "web.log"
    path.write_text("one\n")

    assert logs.rotate(path=path, largest=100) is False
    assert path.read_text() == "one\n"


def test_a_large_log_moves_aside_and_the_writer_goes_on(tmp_path):
    path = tmp_path / "web.log"
    with path.open("ab", buffering=0) as writer:
        for content in (b"first\n", b"second\n", b"third\n"):
            writer.write(content)
            assert logs.rotate(path=path, largest=5) is True
        writer.write(b"new\n")

    assert path.read_text() == "new\n"
    assert (tmp_path / "web.log.1").read_text() == "third\n"
    assert (tmp_path / "web.log.2").read_text() == "second\n"
    assert not (tmp_path / "web.log.3").exists()


def test_tail_gives_the_last_lines_of_a_long_file(tmp_path):
    path = tmp_path / "web.log"
    path.write_text("".join(f"line {number}\n" for number in range(50_000)))

    assert logs.tail(path=path, lines=2) == ["line 49998", "line 49999"]
    assert logs.tail(path=tmp_path / "missing.log", lines=2) == []


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("", ["orders.web", "orders.worker", "postgres"]),
        ("orders", ["orders.web", "orders.worker"]),
        ("orders.web", ["orders.web"]),
        ("postgres", ["postgres"]),
    ],
)
def test_a_service_name_stands_for_all_its_processes(tmp_path, part, expected):
    for name in ("orders.web", "orders.worker", "postgres"):
        (tmp_path / f"{name}.log").touch()

    assert [path.stem for path in logs.matching(directory=tmp_path, part=part)] == expected


def test_an_unknown_part_is_an_error_that_names_the_known_ones(tmp_path):
    (tmp_path / "postgres.log").touch()

    with pytest.raises(errors.DevstackError) as caught:
        logs.matching(directory=tmp_path, part="order")

    assert caught.value.what == "no log of order"
    assert "postgres" in caught.value.why


def test_following_gives_old_lines_then_whole_new_ones_even_after_a_rotation(tmp_path):
    path = tmp_path / "web.log"
    path.write_text("old\n")
    following = logs.follow(paths=[path], lines=5)
    first = next(following)
    with path.open("ab", buffering=0) as writer:
        writer.write(b"a long new line\nhal")
        second = next(following)
        logs.rotate(path=path, largest=1)
        writer.write(b"after\n")
        third = next(following)

    assert [first, second, third] == [("web", "old"), ("web", "a long new line"), ("web", "after")]
