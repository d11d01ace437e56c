"""How many objects a cluster gets: of each chart and kustomization, with the values that are here."""

from collections import Counter

from tools.chart import golden, render

CHARTS = ("service", "plaza")
OVERLAYS = ("overlays/local", "overlays/production")


def counted(*, rendered: str) -> Counter[str]:
    """Return how many objects of each kind a rendering has; a hook is an object like any other. Pure."""
    return Counter(each["kind"] for each in render.objects(rendered))


def told(*, name: str, kinds: Counter[str]) -> str:
    """Return a line: the sum, then each kind, the most frequent first. Pure."""
    ordered = sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
    return f"{name:<20} {kinds.total():>4}  " + ", ".join(f"{number} {kind}" for kind, number in ordered)


def table() -> str:
    """Return a line for each chart with each of its files of values, and each overlay; raises RenderFailed."""
    charts = {name: make() for name, make in golden.RENDERINGS.items() if name.partition("-")[0] in CHARTS}
    overlays = {name: render.kustomization(name=name) for name in OVERLAYS}
    lines = [told(name=name, kinds=counted(rendered=text)) for name, text in (charts | overlays).items()]
    return "\n".join(lines) + "\n"
