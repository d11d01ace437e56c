"""docker-compose.yml, read: which container is made of what and waits for whom. Nothing here knows an engine."""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from devstack import config

FILE = config.ROOT / "docker-compose.yml"
HEALTHY, COMPLETED = "service_healthy", "service_completed_successfully"
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?:(:-|:\?)([^}]*))?\}")
_SECONDS = re.compile(r"(\d+)s")


class RecipeFailed(Exception):
    """The file needs a variable that is not given, or says something that is not understood."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """One container, as docker-compose.yml describes it."""

    name: str
    image: str
    command: list[str] = dataclasses.field(default_factory=list)
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    mounts: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    """Source, target and mode of files; named volumes are left to the engine, which forgets them with the container."""
    needs: dict[str, str] = dataclasses.field(default_factory=dict)
    """Other containers, and what has to be true of them before this one starts."""
    healthcheck: dict[str, Any] = dataclasses.field(default_factory=dict)
    """As the engine's API wants it: times in nanoseconds."""
    hardening: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Further options of the engine's API."""


def read(*, variables: Mapping[str, str], beside: Path) -> list[Recipe]:
    """Return the recipes of all containers that start without a profile, each after those that it needs.

    Args:
        variables: what `${…}` in the file stands for.
        beside: the folder of `.compose/`, which `tools.compose` wrote.

    Raises:
        RecipeFailed: a variable is missing, or containers wait for each other.
    """
    described = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
    recipes = {
        name: _recipe(name=name, found=filled(value=found, variables=variables), beside=beside)
        for name, found in described.items()
        if not found.get("profiles")
    }
    return ordered(recipes=recipes)


def filled(*, value: Any, variables: Mapping[str, str]) -> Any:
    """Return a value of the file with its variables replaced, in whatever depth; raises RecipeFailed as `fill`.

    The file is parsed first: a variable that is empty is an empty text then, not nothing.
    """
    if isinstance(value, dict):
        return {key: filled(value=each, variables=variables) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(value=each, variables=variables) for each in value]
    return fill(text=value, variables=variables) if isinstance(value, str) else value


def fill(*, text: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME}`, `${NAME:-default}` and `${NAME:?what to do}`; raises RecipeFailed for a missing one."""

    def replace(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if value := variables.get(name, ""):
            return value
        if kind != ":-":
            raise RecipeFailed(f"{FILE.name} needs {name}: {rest or 'set it'}")
        return str(rest)

    return _VARIABLE.sub(replace, text)


def ordered(*, recipes: Mapping[str, Recipe]) -> list[Recipe]:
    """Return recipes, each after those that it needs; raises RecipeFailed when they wait for each other."""
    found: dict[str, Recipe] = {}
    while len(found) < len(recipes):
        ready = [each for name, each in recipes.items() if name not in found and each.needs.keys() <= found.keys()]
        if not ready:
            raise RecipeFailed(f"these wait for each other: {', '.join(sorted(recipes.keys() - found.keys()))}")
        found |= {each.name: each for each in ready}
    return list(found.values())


def _recipe(*, name: str, found: Mapping[str, Any], beside: Path) -> Recipe:
    return Recipe(
        name=name,
        image=found["image"],
        command=[str(each) for each in found.get("command", [])],
        environment={key: str(value) for key, value in found.get("environment", {}).items()},
        mounts=[_mount(volume=each, beside=beside) for each in found.get("volumes", []) if each.startswith("./")],
        needs={other: wanted["condition"] for other, wanted in found.get("depends_on", {}).items()},
        healthcheck=_healthcheck(found=found.get("healthcheck", {})),
        hardening={key: found[key] for key in ("read_only", "cap_drop", "security_opt", "hostname") if key in found}
        | ({"tmpfs": dict(each.split(":", 1) for each in found["tmpfs"])} if "tmpfs" in found else {}),
    )


def _mount(*, volume: str, beside: Path) -> tuple[str, str, str]:
    source, target, mode = volume.split(":")
    folder = beside if source.startswith("./.compose/") else config.ROOT
    return str(folder / source), target, mode


def _healthcheck(*, found: Mapping[str, Any]) -> dict[str, Any]:
    times = {
        key: int(seconds[1]) * 1_000_000_000
        for key, value in found.items()
        if isinstance(value, str) and (seconds := _SECONDS.fullmatch(value))
    }
    return {**found, **times}
