"""Byte-accurate reading: stopped anywhere and resumed, the records are those of the whole text."""

import csv
import io
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain import csv_reader
from catalog.domain.csv_reader import Broken, Reader, Record

FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ["two\nlines", "a\r\nb", 'quo"te', ",", "", "ü€🎂\n\n🎂"]
)
TABLES = st.lists(st.lists(FIELDS, min_size=2, max_size=4), max_size=12)


def written(table, line_end):
    text = io.StringIO(newline="")
    # Before 3.13 the writer quotes a carriage return only where it is part of its line end.
    quoting = csv.QUOTE_MINIMAL if line_end == "\r\n" else csv.QUOTE_ALL
    csv.writer(text, lineterminator=line_end, quoting=quoting).writerows(table)
    return text.getvalue().encode()


def cut(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.integers(1, 9), st.integers(1, 5))
def test_reading_in_batches_of_any_size_from_pieces_of_any_size_gives_every_record_once(table, line_end, piece, batch):
    data = written(table, line_end)
    offset, line, found = 0, 1, []

    while True:
        reader = Reader(cut(data[offset:], piece), offset=offset, line=line)
        records = list(islice(reader, batch))
        if not records:
            break
        found += [record.fields for record in records]
        offset, line = records[-1].next_offset, records[-1].next_line

    assert found == table
    assert reader.offset == len(data)


@given(TABLES, st.integers(1, 9))
def test_each_record_names_the_line_where_it_starts(table, piece):
    data = written(table, "\n")

    for record in Reader(cut(data, piece)):
        start = data.split(b"\n")[: record.line - 1]
        before = sum(len(each) + 1 for each in start)
        assert next(iter(Reader([data[before:]]))).fields == record.fields


def test_blank_lines_are_no_records_but_count_as_lines():
    records = list(Reader([b"a,b\n\n\nc,d\n\n"]))

    assert records == [
        Record(line=1, fields=["a", "b"], next_offset=4, next_line=2),
        Record(line=4, fields=["c", "d"], next_offset=10, next_line=5),
    ]


def test_a_last_line_without_line_feed_is_a_record():
    (record,) = Reader([b"a,", b"b"])

    assert (record.fields, record.next_offset) == (["a", "b"], 3)


@pytest.mark.parametrize("text", [b'x,"never closed\nand so on\n', b'x,"quoted" and more\n', b"one\rtwo,three\n"])
def test_what_is_no_csv_is_named_with_its_line(text):
    reader = iter(Reader([b"fine,row\n", text]))

    assert next(reader).fields == ["fine", "row"]
    with pytest.raises(Broken, match="Line 2 is not valid CSV") as caught:
        next(reader)
    assert caught.value.line == 2


def test_a_line_without_end_is_refused_before_it_fills_the_memory():
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield b"x" * 65536

    with pytest.raises(Broken, match="longer than"):
        next(iter(Reader(endless())))

    assert len(taken) * 65536 <= csv_reader.LONGEST_LINE + 65536
