"""The shelves: products into the catalog through its import, and what the catalog says of them."""

import asyncio
import csv
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.replay import client, plan
from tools.replay.errors import ReplayError

IMPORT_SECONDS = 600.0
_POLL_SECONDS = 0.3
_COLUMNS = ("sku", "name", "description", "price", "category", "on_hand")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A product as the catalog has it."""

    product_id: str
    price: Decimal
    available: int


async def stock_up(*, api: client.Api, staff: client.Bearer, wanted: plan.Plan) -> bool:
    """Import the plan's products with their stock; tell whether an earlier run had done it already.

    Raises:
        ReplayError: the import failed, or some of its rows did, or it took too long.

    """
    key = wanted.key("import", "products")
    boundary = f"plaza-replay-{key}"  # fixed: the same run sends the same bytes, so that its key replays the answer
    answer = await api.do(
        client.Request(
            method="POST",
            path=f"{client.API}/products/import/",
            content=_multipart(_table(wanted.products), boundary=boundary),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            key=key,
        ),
        bearer=staff,
    )
    await _completed(api=api, staff=staff, import_id=str(answer.body["id"]))
    return answer.replayed


async def shelves(*, api: client.Api, skus: Mapping[str, object]) -> dict[str, Shelf]:
    """Return the wanted products as the catalog lists them.

    Args:
        api: the gateway.
        skus: which products.

    """
    found: dict[str, Shelf] = {}
    async for row in api.pages(f"{client.API}/products/?limit=100"):
        if row["sku"] in skus:
            found[row["sku"]] = Shelf(
                product_id=str(row["id"]), price=Decimal(row["price"]), available=int(row["available"])
            )
    return found


def check(*, wanted: plan.Plan, found: Mapping[str, Shelf]) -> None:
    """Refuse to sell from shelves that are not as the file says.

    Raises:
        ReplayError: a product is missing or has another price.

    """
    if missing := [sku for sku in wanted.products if sku not in found]:
        raise _wrong_shelves(f"{len(missing)} products are missing, such as {', '.join(missing[:5])}")
    prices = [(product, found[sku].price) for sku, product in wanted.products.items()]
    if other := [
        f"{product.sku} {price} instead of {product.price}" for product, price in prices if price != product.price
    ]:
        raise _wrong_shelves(f"{len(other)} products have another price, such as {', '.join(other[:5])}")


def _wrong_shelves(why: str) -> ReplayError:
    return ReplayError("The catalog is not as the import left it", why=why, remedy="`make reset`, `make up`, and again")


def _table(products: Mapping[str, plan.Product]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for product in products.values():
        writer.writerow((product.sku, product.name, product.name, product.price, "", product.stock))
    return text.getvalue().encode()


def _multipart(table: bytes, *, boundary: str) -> bytes:
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="products.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    return head.encode() + table + f"\r\n--{boundary}--\r\n".encode()


async def _completed(*, api: client.Api, staff: client.Bearer, import_id: str) -> None:
    deadline = time.monotonic() + IMPORT_SECONDS
    path = f"{client.API}/imports/{import_id}/"
    while True:
        job = (await api.do(client.Request(method="GET", path=path), bearer=staff)).body
        if job["status"] in {"completed", "failed"}:
            break
        if time.monotonic() > deadline:
            raise ReplayError(
                f"The import is still {job['status']} after {IMPORT_SECONDS:g} s",
                why=f"{job.get('processed')} rows are processed",
                remedy="look at `make logs S=catalog`, then run the same command again",
            )
        await asyncio.sleep(_POLL_SECONDS)
    if job["status"] == "failed" or job.get("failed"):
        raise _failed(job)


def _failed(job: Mapping[str, Any]) -> ReplayError:
    return ReplayError(
        "The products were not imported",
        why=f"{job['status']}, {job.get('failed')} of {job.get('processed')} rows failed: "
        f"{job.get('error') or job.get('errors')}",
        remedy="look at `make logs S=catalog`",
    )
