"""`manage.py import_products`: progress, exit codes, and going on after an interruption."""

import io

import pytest
from books import balance
from django.core.management import CommandError, call_command
from importing import HEADER, pending

from catalog import services
from catalog.models import Import, Product
from catalog.services import import_writes
from shared.testing import events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "products.csv"


def things(count):
    return HEADER + "".join(f"S{number},Thing,1.00,,,1,\n" for number in range(count))


def test_a_good_file_is_imported_with_a_line_for_every_step(file):
    out = io.StringIO()
    file.write_text(things(1500))

    call_command("import_products", str(file), stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0] == "  0 %  0 rows: 0 created, 0 updated, 0 failed"
    assert lines[1].startswith(" 65 %  1000 rows (")
    assert lines[2].startswith("100 %  1500 rows (")
    assert lines[2].endswith("/s): 1500 created, 0 updated, 0 failed")
    assert len(lines) == 3
    assert Product.objects.count() == 1500
    assert [events.deliver(event) for event in pending()] == ["handled"] * 2  # the worker finds it done
    assert pending() == []
    balance()


def test_on_a_terminal_there_is_a_bar(file):
    out = io.StringIO()
    out.isatty = lambda: True
    file.write_text(things(3))

    call_command("import_products", str(file), stdout=out)

    assert "━" in out.getvalue()
    assert "100%" in out.getvalue()
    assert "3 created, 0 updated, 0 failed" in out.getvalue()


def test_rows_that_were_not_taken_are_told_and_make_the_exit_code_one(file):
    out = io.StringIO()
    file.write_text(HEADER + "A,Mug,1.00,,,,\nX,,1.00,,,,\nY,Cup\n")

    with pytest.raises(CommandError, match="2 of 3 rows were not taken") as caught:
        call_command("import_products", str(file), stdout=out)

    assert caught.value.returncode == 1
    assert out.getvalue().splitlines()[-2:] == [
        "line 3: name: must not be empty.",
        "line 4: There are 2 fields where the header has 7.",
    ]
    assert Product.objects.get().sku == "A"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"sku\n", "column 'name' is missing"),
        (b'sku,name,price\n"A', "Line 2 is not"),
        (b"PK\x03\x04\x14\x00", "ZIP archive"),
        (b"", "The file is empty"),
    ],
)
def test_a_file_that_cannot_be_used_makes_the_exit_code_two(file, content, message):
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CommandError, match=message) as caught:
        call_command("import_products", str(file), stdout=io.StringIO())

    assert caught.value.returncode == 2
    assert not Product.objects.exists()


def test_interrupted_and_run_again_it_goes_on(file, monkeypatch):
    out, real, calls = io.StringIO(), import_writes.write, []
    file.write_text(things(2500))

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(import_writes, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_command("import_products", str(file), stdout=io.StringIO())
    monkeypatch.undo()
    assert Product.objects.count() == 1000

    call_command("import_products", str(file), stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0] == "This file's import was interrupted; it goes on."
    assert lines[-1].endswith("2500 created, 0 updated, 0 failed")
    job = Import.objects.get()
    assert (job.status, job.processed) == ("completed", 2500)
    balance()


def test_a_file_whose_import_has_ended_is_imported_anew(file):
    file.write_text(things(3))
    call_command("import_products", str(file), stdout=io.StringIO())

    call_command("import_products", str(file), stdout=io.StringIO())

    assert list(Import.objects.order_by("id").values_list("created", "updated")) == [(3, 0), (0, 3)]


def test_somebody_elses_import_of_the_same_file_is_left_alone(file, api):
    file.write_text(things(3))
    services.import_start(pieces=[file.read_bytes()], created_by=Import().id)

    call_command("import_products", str(file), stdout=io.StringIO())

    assert set(Import.objects.values_list("status", flat=True)) == {"pending", "completed"}
