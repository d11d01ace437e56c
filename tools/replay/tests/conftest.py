"""Small made-up files in the Online Retail format."""

from collections.abc import Callable

import hypothesis
import pytest

from tools.replay import parse

hypothesis.settings.register_profile("patient", deadline=None)  # the machine may be busy
hypothesis.settings.load_profile("patient")

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.fixture
def sheet() -> Callable[..., parse.Sheet]:
    """Parse rows given as `invoice,sku,description,quantity,price,customer,country`."""

    def of(*rows: str) -> parse.Sheet:
        lines = [HEADER]
        for row in rows:
            invoice, sku, description, quantity, price, customer, country = row.split(",")
            lines.append(f"{invoice},{sku},{description},{quantity},2010-12-01 08:26:00,{price},{customer},{country}")
        return parse.parse(text="\n".join(lines), digest="d1")

    return of
