"""What a file means: prices, stock, customers, invoices, and the identity from which every key derives.

Pure: no network, no clock, no chance.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from tools.replay import parse
from tools.replay.errors import ReplayError

EMAIL_DOMAIN = "replay.example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What the catalog is told: the stock is what lies on the shelf when the replay begins."""

    sku: str
    name: str
    price: Decimal
    stock: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One order to place; lines are merged by product, in the file's order."""

    number: str
    customer: str
    lines: Mapping[str, int]
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """An account; the same for every replay of the same file."""

    name: str
    email: str
    username: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that a replay does, and what its books must say."""

    run: str
    products: Mapping[str, Product]
    customers: Mapping[str, Customer]
    invoices: tuple[Invoice, ...]

    @property
    def lines(self) -> int:
        """Return the number of order lines."""
        return sum(len(invoice.lines) for invoice in self.invoices)

    @property
    def units(self) -> int:
        """Return the number of units that the invoices ask for."""
        return sum(sum(invoice.lines.values()) for invoice in self.invoices)

    @property
    def value(self) -> Decimal:
        """Return what all invoices are worth at the products' prices."""
        return sum((invoice.total for invoice in self.invoices), Decimal("0.00"))

    def key(self, kind: str, name: str) -> str:
        """Return the idempotency key of one act of this run: the same again when the run is repeated."""
        return hashlib.sha256(f"{self.run}/{kind}/{name}".encode()).hexdigest()[:40]

    def by_customer(self) -> list[tuple[Customer, list[Invoice]]]:
        """Return each customer's invoices in the file's order, the busiest customers first.

        One customer's orders go one after another, so whoever has most of them must begin first.
        """
        groups: dict[str, list[Invoice]] = defaultdict(list)
        for invoice in self.invoices:
            groups[invoice.customer].append(invoice)
        busiest = sorted(groups.items(), key=lambda group: -len(group[1]))
        return [(self.customers[name], invoices) for name, invoices in busiest]


def make(*, sheet: parse.Sheet, limit: int | None, stock: Decimal) -> Plan:
    """Return the plan for a file.

    Args:
        sheet: the file's rows.
        limit: how many of the first valid invoices to place; all without it.
        stock: the share of the demand that lies on the shelf; the units are rounded down for each product.

    Raises:
        ReplayError: the file has no valid invoice.

    """
    prices = _prices(sheet.rows)
    invoices = _invoices(sheet.rows, prices)[:limit]
    if not invoices:
        raise ReplayError(
            "There is nothing to replay",
            why=f"all {sheet.total} rows are bad",
            remedy="look at the reasons above, and at the file",
        )
    names = {invoice.customer for invoice in invoices}
    return Plan(
        run=hashlib.sha256(f"{sheet.digest}/{limit or 'all'}/{stock.normalize()}".encode()).hexdigest(),
        products=_products(sheet.rows, prices, demand=_demand(invoices), stock=stock),
        customers={name: _customer(name, file=sheet.digest) for name in sorted(names)},
        invoices=tuple(invoices),
    )


def _prices(rows: Iterable[parse.Row]) -> dict[str, Decimal]:
    """Return each product's price: the one seen most often, on a tie the first seen (max keeps the first)."""
    seen: dict[str, Counter[Decimal]] = defaultdict(Counter)
    for row in rows:
        seen[row.sku][row.price] += 1
    return {sku: max(counts, key=counts.__getitem__) for sku, counts in seen.items()}


def _invoices(rows: Iterable[parse.Row], prices: Mapping[str, Decimal]) -> list[Invoice]:
    lines: dict[str, Counter[str]] = {}
    customers: dict[str, str] = {}
    for row in rows:
        lines.setdefault(row.invoice, Counter())[row.sku] += row.quantity
        customers.setdefault(row.invoice, row.customer or f"walk-in {row.country}".strip())
    return [
        Invoice(
            number=number,
            customer=customers[number],
            lines=dict(quantities),
            total=sum((prices[sku] * quantity for sku, quantity in quantities.items()), Decimal("0.00")),
        )
        for number, quantities in lines.items()
    ]


def _demand(invoices: Iterable[Invoice]) -> Counter[str]:
    demand: Counter[str] = Counter()
    for invoice in invoices:
        demand.update(invoice.lines)
    return demand


def _products(
    rows: Iterable[parse.Row], prices: Mapping[str, Decimal], *, demand: Mapping[str, int], stock: Decimal
) -> dict[str, Product]:
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row.sku, row.description)
    return {
        sku: Product(
            sku=sku,
            name=names[sku],
            price=prices[sku],
            stock=int((units * stock).to_integral_value(ROUND_FLOOR)),
        )
        for sku, units in demand.items()
    }


def _customer(name: str, *, file: str) -> Customer:
    label = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower()).strip("-")
    # two names may have the same label, never the same digest
    digest = hashlib.sha256(f"{file}/{name}".encode()).hexdigest()
    return Customer(
        name=name,
        email=f"{label[:40]}.{digest[:10]}@{EMAIL_DOMAIN}",
        username=f"{label[:40]}.{digest[:10]}",
        password=f"Pz!{digest[10:30]}Q7",
    )
