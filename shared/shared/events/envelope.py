"""The CloudEvents 1.0 envelope (https://github.com/cloudevents/spec, JSON format) around a contract."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import AppError
from shared.events.contracts import CONTRACTS, Contract

# An order of 1,500 lines with long product names stays below; a larger event is a defect.
LARGEST_BYTES = 512 * 1024


class MalformedEvent(AppError):
    """What arrived is no event that this service can read."""

    code = "malformed_event"
    message = "The event cannot be read."


class Envelope(BaseModel):
    """One event on its way; `sequence` grows with each event of one source."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str = Field(default="1.0", pattern=r"^1\.0$")
    id: UUID
    source: str
    type: str
    subject: UUID
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str
    sequence: int = 0
    traceparent: str = ""
    requestid: str = ""
    data: dict[str, Any]

    def contract(self) -> Contract:
        """Return the typed event inside; raises MalformedEvent for an unknown type or wrong data."""
        kind = CONTRACTS.get(self.type)
        if kind is None:
            raise MalformedEvent(f"Unknown event type {self.type!r}.")
        try:
            return kind.model_validate(self.data)
        except ValidationError as error:
            raise MalformedEvent(f"{self.type}: {_places(error)}") from error


def read(raw: Any) -> Envelope:
    """Return the envelope in a decoded JSON value; raises MalformedEvent and says which fields are wrong."""
    try:
        return Envelope.model_validate(raw)
    except ValidationError as error:
        raise MalformedEvent(f"Envelope: {_places(error)}") from error


def schema_address(event_type: str) -> str:
    """Return where the type's JSON Schema lives, as a relative reference."""
    return f"/events/{event_type}.json"


def _places(error: ValidationError) -> str:
    """Name the wrong fields without their values, which may be personal."""
    return "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
