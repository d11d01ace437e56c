"""The two files that people write, read strictly: k8s/monitoring/slo.yaml and alerts.yaml."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

FOLDER = Path("k8s/monitoring")
SLO_FILE = FOLDER / "slo.yaml"
ALERTS_FILE = FOLDER / "alerts.yaml"

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{2,30}$")]
AlertName = Annotated[str, StringConstraints(pattern=r"^([A-Z][a-z]+)+$", max_length=40)]
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[smhd]$")]
Text = Annotated[str, StringConstraints(min_length=10, strip_whitespace=True)]
Selector = Annotated[str, StringConstraints(pattern=r"^[a-z_:]+(\{.+\})?$")]
Metric = Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]


class SourceInvalid(Exception):
    """A file says something that cannot be meant; the text names file and field."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Example(_Strict):
    """A series of what went wrong and one of what did not, for the tests."""

    bad: Selector
    good: Selector


class Ratio(_Strict):
    """Events that went wrong, and all of them, as counters."""

    bad: Selector
    total: Selector
    example: Example


class Latency(_Strict):
    """What took longer than so many seconds, which must be a bound of the histogram's buckets."""

    histogram: Metric
    labels: str = ""
    example: str = ""
    seconds: float = Field(gt=0)


class Slo(_Strict):
    """One promise."""

    name: Word
    alert: AlertName
    title: Text
    description: Text
    objective: float = Field(ge=90, lt=100)
    service: Word | None = None
    ratio: Ratio | None = None
    latency: Latency | None = None

    @model_validator(mode="after")
    def _measured_in_one_way(self) -> Self:
        if (self.ratio is None) == (self.latency is None):
            raise ValueError("give either ratio or latency")
        return self

    @property
    def budget(self) -> float:
        """Return the share that may go wrong, of 1."""
        return round(1 - self.objective / 100, 6)


class Promises(_Strict):
    """The whole of slo.yaml."""

    window: Literal["28d", "30d"]
    slos: tuple[Slo, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        _once([slo.name for slo in self.slos] + [slo.alert for slo in self.slos])
        return self


class Alert(_Strict):
    """One alert beside the burn rates."""

    name: AlertName
    severity: Literal["page", "ticket"]
    expr: Text
    lasts: Duration
    summary: Text
    description: Text


class Alerts(_Strict):
    """The whole of alerts.yaml."""

    runbooks: str = Field(pattern="/$")
    alerts: tuple[Alert, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        _once([alert.name for alert in self.alerts])
        return self


def _once(names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"named twice: {', '.join(twice)}")


_File = TypeVar("_File", Promises, Alerts)


def promises(*, root: Path) -> Promises:
    """Return what slo.yaml says; raises SourceInvalid.

    Args:
        root: of the repository.
    """
    return _read(root / SLO_FILE, Promises)


def alerts(*, root: Path) -> Alerts:
    """Return what alerts.yaml says; raises SourceInvalid.

    Args:
        root: of the repository.
    """
    return _read(root / ALERTS_FILE, Alerts)


def _read(path: Path, kind: type[_File]) -> _File:
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise SourceInvalid(f"{path.name}: no YAML: {error}") from error
    except ValidationError as error:
        faults = [f"{_place(each['loc'])}: {each['msg']}" for each in error.errors(include_input=False)]
        raise SourceInvalid(f"{path.name}: " + "; ".join(faults)) from error


def _place(where: tuple[int | str, ...]) -> str:
    return ".".join(map(str, where)) or "the file"
