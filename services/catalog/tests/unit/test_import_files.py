"""What is refused as no CSV, and where the encoding breaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.import_files import Utf8, WrongFile, check_kind


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (b"PK\x03\x04\x14\x00", "a ZIP archive or an Excel workbook (XLSX)"),
        (b"\x1f\x8b\x08", "compressed with gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook (XLS)"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\xff\xfes\x00k\x00", "text in UTF-16"),
        (b"\xfe\xff\x00s\x00k", "text in UTF-16"),
        (b"s\x00k\x00u\x00", "binary"),
    ],
)
def test_what_is_no_csv_is_named(first, kind):
    with pytest.raises(WrongFile) as caught:
        check_kind(first)

    assert str(caught.value) == f"The file is {kind}; save it as CSV in UTF-8."


@pytest.mark.parametrize("first", [b"", b"sku,name\n", b"\xef\xbb\xbfsku", b"PKs,name", b"sku,name\nA\0,B\n"])
def test_text_is_let_through(first):
    check_kind(first)


@given(st.text(max_size=50), st.text(max_size=50), st.integers(1, 9))
def test_the_line_of_the_first_wrong_byte_is_told_however_the_file_is_cut(before, after, size):
    data = before.encode() + b"\xfc" + after.encode()
    encoding = Utf8()

    def take():
        for start in range(0, len(data), size):
            encoding.check(data[start : start + size])
        encoding.check(b"", final=True)

    with pytest.raises(WrongFile) as caught:
        take()

    line = before.count("\n") + 1
    assert str(caught.value) == f"The file is not UTF-8: line {line} has the byte 0xFC."


@given(st.text(max_size=50), st.integers(1, 9))
def test_utf_8_is_let_through_however_it_is_cut(text, size):
    encoding, data = Utf8(), text.encode()

    for start in range(0, len(data), size):
        encoding.check(data[start : start + size])
    encoding.check(b"", final=True)


def test_a_character_that_breaks_off_at_the_end_is_wrong():
    encoding = Utf8()
    encoding.check(b"a\nb\xe2")

    with pytest.raises(WrongFile, match="line 2 has the byte 0xE2"):
        encoding.check(b"\x82", final=True)
