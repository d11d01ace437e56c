"""The retailer's orders that the benchmark makes up, and what it reads off the client's report."""

import io
from decimal import Decimal

from rich.console import Console

from benchmarks.sections import replaying
from tools.replay import parse, plan, report


def test_every_invoice_has_its_lines_of_different_things(tmp_path):
    path = tmp_path / "invoices.csv"
    path.write_text("\n".join([replaying.HEAD, *replaying.rows(10, 4)]) + "\n")

    wanted = plan.make(sheet=parse.read(path=path), limit=None, stock=Decimal(1))

    assert [len(each.lines) for each in wanted.invoices] == [25] * 4
    assert len(wanted.customers) == 4


def test_the_client_tells_its_speed_as_the_benchmark_reads_it():
    screen = io.StringIO()
    speed = report.Speed(seconds=2.0, settled=[0.05, 0.05, 0.05, 0.05])

    report.show_orders(console=Console(file=screen, width=200), placed=[], speed=speed)

    assert replaying.TOLD.search(screen.getvalue()).groups() == ("2.0", "50", "50")
