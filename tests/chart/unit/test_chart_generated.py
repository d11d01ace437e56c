"""What is made from other files is fresh, and a change of what a cluster gets is seen."""

import difflib

import pytest

from tools.chart import gateway, golden, readme, render

REMEDY = "run `make chart-golden` and look at the difference"


@pytest.mark.parametrize("name", golden.RENDERINGS)
def test_renderings_are_as_they_were(name):
    kept = golden.path(name).read_text()

    now = golden.RENDERINGS[name]()

    difference = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "now", lineterm="", n=2))
    assert difference == [], "\n".join([REMEDY, *difference[:60]])


def test_nothing_else_is_kept():
    assert {path.stem for path in golden.FOLDER.iterdir()} == set(golden.RENDERINGS)


@pytest.mark.parametrize("chart", ["service", "plaza"])
def test_the_readme_is_made_from_the_values(chart):
    assert (render.HELM / chart / "README.md").read_text() == readme.page(chart=render.HELM / chart), REMEDY


def test_the_readme_tells_every_value_with_its_comment():
    page = readme.page(chart=render.HELM / "service")

    assert "| `web.threads` | `8` | Threads of each; each can have a database connection. |" in page
    assert "| `relay` | | One publishes, the others stand by. |" in page


def test_the_charts_gateway_is_the_systems_gateway():
    kept = {path.name: path.read_text() for path in gateway.FOLDER.iterdir()}

    assert kept == gateway.files(), REMEDY


def test_the_charts_gateway_finds_the_services_of_its_release():
    made = render.chart(name="plaza")

    assert 'address: "plaza-orders", port_value: 8000' in made
    assert "RELEASE-" not in made
    assert "@PUBLIC_URL@" not in made
