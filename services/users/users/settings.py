"""Settings of the users service: its environment, what all services share, and what is its own."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from shared.http.throttles.rates import Rate
from shared.settings.environment import Environment, load


class UsersEnvironment(Environment):
    """The environment variables of the users service."""

    field_keys: Annotated[list[SecretStr], NoDecode] = Field(
        min_length=1, description="Fernet keys; the first encrypts, all decrypt"
    )
    field_index_key: SecretStr = Field(min_length=32, description="finds encrypted values; a key of its own")
    password_memory_kib: int = Field(default=65536, ge=64, le=1048576, description="Argon2's memory")
    login_rate: str = "5/min"
    mail_dir: Path | None = Field(default=None, description="mails become files in this directory")
    mail_url: SecretStr | None = Field(default=None, description="smtp(s)://user:password@host:port?tls=1")
    mail_from: str = "Plaza <no-reply@plaza.example>"
    seed_password: SecretStr | None = Field(default=None, description="of the demo users; only for `seed`")

    @field_validator("field_keys", mode="before")
    @classmethod
    def _keys(cls, value: Any) -> Any:
        """Accept a comma-separated list of Fernet keys, and nothing else."""
        if not isinstance(value, str):
            return value
        keys = [part.strip() for part in value.split(",") if part.strip()]
        for number, key in enumerate(keys, 1):
            try:
                Fernet(key)
            except ValueError:
                raise ValueError(
                    f"key {number} is no Fernet key: 32 bytes in URL-safe base64, as"
                    " `head -c 32 /dev/urandom | base64 | tr +/ -_` prints them"
                ) from None
        return keys

    @field_validator("field_index_key")
    @classmethod
    def _own(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        """Refuse a key that has another use: who learns one must not have learnt the other."""
        others = [info.data.get("secret_key"), *info.data.get("field_keys", [])]
        if value in others:
            raise ValueError("this must be a key of its own, neither SECRET_KEY nor one of FIELD_KEYS")
        return value

    @field_validator("login_rate")
    @classmethod
    def _rate(cls, value: str) -> str:
        """Refuse what is no rate."""
        Rate.parse(value)
        return value

    @field_validator("mail_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what is no address of a mail server."""
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError("write smtp://user:password@host:port?tls=1, or smtps://…")
        return value


env = load(UsersEnvironment)

from shared.settings.base import *

SERVICE = "users"
SERVICE_HANDLERS = "users.handlers"
SERVICE_INVARIANTS = "users.selectors.invariants.INVARIANTS"
SERVICE_MEASURES = "users.selectors.measures.measure"
ROOT_URLCONF = "users.urls"
WSGI_APPLICATION = "users.wsgi.application"
INSTALLED_APPS = [*INSTALLED_APPS, "users"]
JWKS_PROVIDER = "users.selectors.keys.jwks"

FIELD_KEYS = [key.get_secret_value() for key in env.field_keys]
FIELD_INDEX_KEY = env.field_index_key.get_secret_value()
SEED_PASSWORD = env.seed_password.get_secret_value() if env.seed_password else None

LOGIN_RATE = env.login_rate
PASSWORD_MEMORY_KIB = env.password_memory_kib
PASSWORD_HASHERS = ["users.services.passwords.Argon2"]
_RULES = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_RULES}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email")},
    },
    {"NAME": f"{_RULES}.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": f"{_RULES}.CommonPasswordValidator"},
    {"NAME": f"{_RULES}.NumericPasswordValidator"},
]

DEFAULT_FROM_EMAIL = env.mail_from
EMAIL_TIMEOUT = 5  # seconds; a mail is sent inside its event's transaction
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # `check --deploy` warns about it
if env.mail_dir:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(env.mail_dir)
elif env.mail_url:
    _server = urlsplit(env.mail_url.get_secret_value())
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_USE_SSL = _server.scheme == "smtps"
    EMAIL_USE_TLS = parse_qs(_server.query).get("tls") == ["1"]
    EMAIL_HOST = _server.hostname or ""
    EMAIL_PORT = _server.port or (465 if EMAIL_USE_SSL else 25)
    EMAIL_HOST_USER = unquote(_server.username or "")
    EMAIL_HOST_PASSWORD = unquote(_server.password or "")
