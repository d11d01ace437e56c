"""The replay client against the real system: balanced books, also with faults and when run twice."""

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: A replay is as long as the system is slow: a minute where nothing else runs.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def sheet(tmp_path):
    """Sixty made-up invoices of twelve customers, with a bad row of each kind."""
    dice = random.Random(7)
    lines = ["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"]
    for invoice in range(60):
        customer = f"{13000 + invoice % 12}.0" if invoice % 10 else ""
        for _ in range(dice.randint(1, 6)):
            item = dice.randint(1, 15)
            row = f"{536000 + invoice},S{item:03},THING {item},{dice.randint(1, 9)},2010-12-01 08:26:00,{item}.25"
            lines.append(f"{row},{customer},France")
    lines += [
        "C536999,S001,THING 1,1,2010-12-01 08:26:00,1.25,13000.0,France",
        "537000,S001,THING 1,-1,2010-12-01 08:26:00,1.25,13000.0,France",
        "537001,S001,THING 1,1,2010-12-01 08:26:00,0.001,13000.0,France",
    ]
    path = tmp_path / "sheet.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def replay(shop, sheet, *options):
    email, password = shop.credentials
    target = ["--base-url", str(shop.http.base_url), "--staff-email", email, "--staff-password", password]
    return subprocess.run(
        [sys.executable, "-m", "tools.replay", "--data", str(sheet), *target, *options],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_books_balance_and_a_second_run_places_nothing(system, shop, sheet):
    first = replay(shop, sheet)
    placed = system.manage(
        "orders", "shell", "-v0", "-c", "from orders.models import Order; print(Order.objects.count())"
    )
    second = replay(shop, sheet)
    again = system.manage(
        "orders", "shell", "-v0", "-c", "from orders.models import Order; print(Order.objects.count())"
    )

    assert first.returncode == 0, first.stdout + first.stderr
    assert second.returncode == 0, second.stdout + second.stderr
    assert placed == again


def test_scarce_stock_cancels_some_orders_and_the_books_balance(shop, sheet):
    done = replay(shop, sheet, "--stock", "0.8")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "insufficient_stock" in done.stdout


def test_the_books_balance_when_parts_die_meanwhile(system, shop, sheet):
    stopped = threading.Event()

    def strike():
        for part in ("catalog.worker", "orders.relay", "orders.web", "users.worker"):
            if stopped.wait(2):
                return
            system.kill(part)

    accidents = threading.Thread(target=strike)
    accidents.start()
    done = replay(shop, sheet, "--limit", "50")
    stopped.set()
    accidents.join()

    assert done.returncode == 0, done.stdout + done.stderr
    time.sleep(1)
    system.wait_ready()
