"""Rows: what is valid, what is bad and why, and which files are refused."""

import lzma
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.replay import parse
from tools.replay.errors import ReplayError

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
GOOD = "536365,85123A,WHITE  HEART ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def parsed(*lines: str) -> parse.Sheet:
    return parse.parse(text="\n".join([HEADER, *lines]), digest="d1")


def test_a_valid_row_is_taken_as_it_is_meant():
    sheet = parsed(GOOD)

    assert sheet.rows == [
        parse.Row(
            invoice="536365",
            sku="85123A",
            description="WHITE HEART",
            quantity=6,
            price=Decimal("2.55"),
            customer="17850",
            country="United Kingdom",
        )
    ]
    assert (sheet.total, dict(sheet.bad)) == (1, {})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("C536365,85123A,HEART,-6,2010-12-01 08:26:00,2.55,17850,UK", parse.CANCELLATION),
        ("c536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,UK", parse.CANCELLATION),
        ("C536365,85123A,HEART,x,2010-12-01 08:26:00,2.55,17850,UK", parse.CANCELLATION),
        ("536365,85123A,HEART,0,2010-12-01 08:26:00,2.55,17850,UK", parse.QUANTITY),
        ("536365,85123A,HEART,-1,2010-12-01 08:26:00,0,17850,UK", parse.QUANTITY),
        ("536365,85123A,HEART,1,2010-12-01 08:26:00,0.004,17850,UK", parse.PRICE),
        ("536365,85123A,HEART,1,2010-12-01 08:26:00,-11062.06,17850,UK", parse.PRICE),
        ("536365,85123A,,1,2010-12-01 08:26:00,0.0,,UK", parse.PRICE),
        ("536365,85123A, ,1,2010-12-01 08:26:00,2.55,17850,UK", parse.DESCRIPTION),
        ("536365,85123A,HEART,6", parse.UNREADABLE),
        ("536365,85123A,HEART,six,2010-12-01 08:26:00,2.55,17850,UK", parse.UNREADABLE),
        ("536365,85123A,HEART,1.5,2010-12-01 08:26:00,2.55,17850,UK", parse.UNREADABLE),
        ("536365,85123A,HEART,1_0,2010-12-01 08:26:00,2.55,17850,UK", parse.UNREADABLE),
        ("536365,85123A,HEART,1,2010-12-01 08:26:00,NaN,17850,UK", parse.UNREADABLE),
        ("536365,85123A,HEART,1,2010-12-01 08:26:00,1e999,17850,UK", parse.UNREADABLE),
        (",85123A,HEART,1,2010-12-01 08:26:00,2.55,17850,UK", parse.UNREADABLE),
        ("536365,,HEART,1,2010-12-01 08:26:00,2.55,17850,UK", parse.UNREADABLE),
        ('536365,"85123A,HEART,1,2010-12-01 08:26:00,2.55,17850,UK', parse.UNREADABLE),
    ],
)
def test_a_bad_row_is_counted_under_its_first_reason_and_swallows_no_neighbour(line, reason):
    sheet = parsed(GOOD, line, GOOD)

    assert (sheet.total, len(sheet.rows), dict(sheet.bad)) == (3, 2, {reason: 1})
    assert sheet.first_bad_line == {reason: 3}


@pytest.mark.parametrize(
    ("text", "price"),
    [("0.005", "0.01"), ("0.0149", "0.01"), ("0.015", "0.02"), ("2.545", "2.55"), ("3", "3.00")],
)
def test_prices_are_rounded_to_cents_with_halves_up(text, price):
    (row,) = parsed(f"1,A,HEART,1,2010-12-01 08:26:00,{text},1,UK").rows

    assert row.price == Decimal(price)


def test_columns_are_found_by_name_and_blank_lines_are_nothing():
    names = "Country,CustomerID,UnitPrice,Quantity,Description,StockCode,InvoiceNo"
    text = f"{names}\r\n\r\nUK,,1.00,2,HEART,A,7\r\n"

    sheet = parse.parse(text=text, digest="d1")

    assert (sheet.total, sheet.rows[0].invoice, sheet.rows[0].customer) == (1, "7", "")


def test_every_row_is_either_valid_or_counted():
    @given(st.lists(st.text(alphabet='C1-.5",\x00é\x85\u2028 x', max_size=30), max_size=8))
    def prove(lines):
        sheet = parsed(*lines)

        assert sheet.total == len(sheet.rows) + sheet.bad.total() == sum(bool(line.strip()) for line in lines)

    prove()


def test_a_file_and_its_compressed_copy_are_the_same_file(tmp_path):
    text = f"{HEADER}\n{GOOD}\n".encode()
    (tmp_path / "a.csv").write_bytes(text)
    (tmp_path / "b.csv.xz").write_bytes(lzma.compress(text))

    plain, packed = (parse.read(path=tmp_path / name) for name in ("a.csv", "b.csv.xz"))

    assert plain == packed
    assert len(plain.rows) == 1


def test_a_byte_order_mark_and_the_old_encoding_are_understood(tmp_path):
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\n{GOOD}\n".encode())
    (tmp_path / "old.csv").write_bytes(f"{HEADER}\n{GOOD.replace('HEART', 'CAFÉ')}\n".encode("latin-1"))

    assert len(parse.read(path=tmp_path / "bom.csv").rows) == 1
    assert parse.read(path=tmp_path / "old.csv").rows[0].description == "WHITE CAFÉ"


@pytest.mark.parametrize(
    ("name", "content", "what", "why"),
    [
        ("none.csv", None, "Cannot read {path}", "No such file or directory"),
        ("cut.xz", lzma.compress(b"x" * 1000)[:-20], "Cannot unpack {path}", "Compressed data ended before"),
        (
            "empty.csv",
            b"",
            "The file is not of the Online Retail format",
            "its first line lacks InvoiceNo, StockCode",
        ),
        (
            "picture.csv",
            b"\x89PNG\r\n\x1a\n",
            "The file is not of the Online Retail format",
            "its first line lacks",
        ),
        (
            "less.csv",
            HEADER.replace("Quantity,", "").encode(),
            "The file is not of",
            "its first line lacks Quantity",
        ),
        ("head.csv", HEADER.encode(), "{path} holds no rows", "there is nothing after its header"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(tmp_path, name, content, what, why):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ReplayError) as caught:
        parse.read(path=path)

    assert caught.value.what.startswith(what.format(path=path))
    assert caught.value.why.startswith(why)
    assert caught.value.remedy


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(ReplayError, match="Is a directory"):
        parse.read(path=tmp_path)
