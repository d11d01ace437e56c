"""The environment variables that every service reads: typed, and all wrong ones reported at once by name."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AmqpDsn,
    Field,
    HttpUrl,
    PostgresDsn,
    RedisDsn,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.http.throttles.rates import limit

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z")

Names = Annotated[list[str], NoDecode]


class Environment(BaseSettings):
    """What a service needs to know about where it runs; also read from files in /run/secrets."""

    model_config = SettingsConfigDict(
        case_sensitive=False,
        extra="ignore",
        secrets_dir="/run/secrets" if Path("/run/secrets").is_dir() else None,
    )

    database_url: PostgresDsn
    database_pool_max: int = Field(default=0, ge=0, le=100, description="0: one lasting connection per thread")
    migrate_safely: bool = Field(default=False, description="the migrate process: refuse what would lock tables")
    broker_url: AmqpDsn
    cache_url: RedisDsn
    secret_key: SecretStr = Field(min_length=32)
    debug: bool = False
    allowed_hosts: Names = ["localhost", "127.0.0.1"]
    public_url: HttpUrl = HttpUrl("http://127.0.0.1:8080")
    trusted_proxies: int = Field(default=1, ge=0, le=10, description="proxies in front, for the client address")
    jwks_url: HttpUrl = HttpUrl("http://127.0.0.1:8080/.well-known/jwks.json")
    token_issuer: str = "plaza"  # noqa: S105 (a name, not a secret)
    cors_origins: Names = Field(default=[], description="web pages from these origins may call the API")
    rate_anonymous: str = Field(default="100/h", description="requests of one client address; or off")
    rate_user: str = Field(default="1000/h", description="requests of one known user; or off")
    currency: str = Field(default="GBP", pattern=r"^[A-Z]{3}$")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"
    log_dir: Path | None = None
    observe_seconds: float = Field(default=60, gt=0, le=3600, description="between beat's looks at the data")
    pg_bin: Path | None = Field(default=None, description="directory of pg_dump and pg_restore, when not on PATH")
    slow_query_ms: int = Field(default=100, ge=1)
    liveness_seconds: float = Field(
        default=30, gt=0, le=3600, description="without progress until a loop counts as hung"
    )
    environment: str = Field(
        default="development", pattern=r"^[A-Za-z0-9._-]{1,64}$", description="for traces and Sentry"
    )
    release: str = Field(default="", pattern=r"^[A-Za-z0-9._+@/-]{0,200}$", description="what runs; else the version")
    otel_exporter_otlp_endpoint: HttpUrl | None = Field(default=None, description="collector of traces, OTLP over HTTP")
    otel_traces_sampler_arg: float = Field(default=0.1, ge=0, le=1, description="ratio of traces that are recorded")
    sentry_dsn: HttpUrl | None = Field(default=None, description="where unexpected errors are reported")
    v1_sunset: str = Field(default="2027-12-31", pattern=r"^\d{4}-\d\d-\d\d$")

    @field_validator("allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Accept a comma-separated list."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("otel_exporter_otlp_endpoint", "sentry_dsn", mode="before")
    @classmethod
    def _absent(cls, value: Any) -> Any:
        """Take an empty variable for none."""
        return value or None

    @field_validator("rate_anonymous", "rate_user")
    @classmethod
    def _limit(cls, value: str) -> str:
        """Refuse what is no rate."""
        limit(value)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        """Refuse what is no origin: scheme, host and port, nothing behind (RFC 6454, section 6.1)."""
        for number, origin in enumerate(value, 1):
            if not _ORIGIN.match(origin):
                raise ValueError(f"entry {number} is no origin; write https://shop.example, without a path")
        return value


Chosen = TypeVar("Chosen", bound=Environment)

_current: Environment | None = None


class WrongSettings(SystemExit):
    """One or more environment variables are missing or wrong."""


def load(kind: type[Chosen]) -> Chosen:
    """Read the environment once for this process.

    Args:
        kind: the service's own subclass of Environment.

    Raises:
        WrongSettings: names every missing or wrong variable, without its value.
    """
    global _current  # noqa: PLW0603 (one environment for the process)
    try:
        found = kind()  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        raise WrongSettings(report(error)) from None
    _current = found
    return found


def report(error: ValidationError) -> str:
    """Return what is wrong with each variable, by name and without values, which may be secret."""
    lines = [
        f"  {'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors(include_input=False)
    ]
    return "\n".join(["These environment variables are missing or wrong (see .env.example):", *lines])


def current() -> Environment:
    """Return the environment that `load` has read; raises RuntimeError when a settings module forgot to."""
    if _current is None:
        raise RuntimeError("Call shared.settings.environment.load(...) before importing shared.settings.base.")
    return _current
