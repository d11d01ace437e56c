"""What every contract has: a type with its version, and a subject."""

from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

CONTRACTS: "dict[str, type[Contract]]" = {}

Money = Annotated[
    Decimal,
    Field(max_digits=14, decimal_places=2),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="json"),
]


class Part(BaseModel):
    """A piece of an event; unknown fields are ignored, so that a newer sender can be read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Contract(Part):
    """One kind of event.

    A subclass names its `type` ("orders.order_placed.v1") and the field that identifies its subject:
    `class OrderPlaced(Contract, type="orders.order_placed.v1", subject="order_id")`.
    """

    TYPE: ClassVar[str]
    SUBJECT: ClassVar[str]

    def __init_subclass__(cls, *, type: str, subject: str, **kwargs: Any) -> None:  # noqa: A002 (CloudEvents' word)
        """Register the contract under its type; raises TypeError when two contracts claim one."""
        super().__init_subclass__(**kwargs)
        if type in CONTRACTS:
            raise TypeError(f"{type} is already the type of {CONTRACTS[type].__name__}")
        cls.TYPE, cls.SUBJECT = type, subject
        CONTRACTS[type] = cls

    @property
    def subject(self) -> UUID:
        """Return the id of the thing this event is about."""
        return getattr(self, self.SUBJECT)  # type: ignore[no-any-return]
