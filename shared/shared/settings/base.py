"""Django's settings that hold in every service; a service star-imports this after loading its environment."""

from shared.settings.browsers import READ, SENT
from shared.settings.database import databases
from shared.settings.environment import current
from shared.settings.logs import logging_config

_env = current()

SERVICE = ""  # a service names itself
SERVICE_HANDLERS: str | None = None  # dotted module of its event handlers
SERVICE_INVARIANTS: str | None = None  # dotted dict of its own, name -> SQL that must return no row
SERVICE_MEASURES: str | None = None  # dotted function that sets gauges which only the database knows

SECRET_KEY = _env.secret_key.get_secret_value()
FIELD_KEYS: list[str] = []  # a service that seals columns names its keys (shared.db.sealed)
FIELD_INDEX_KEY = ""
DEBUG = _env.debug
ALLOWED_HOSTS = _env.allowed_hosts
PUBLIC_URL = str(_env.public_url).rstrip("/")
TRUSTED_PROXIES = _env.trusted_proxies
CURRENCY = _env.currency
V1_SUNSET = _env.v1_sunset

DATABASES = databases(_env)
# The backend of the migrate process waits briefly for a lock, and refuses what would hold one for long.
ZERO_DOWNTIME_MIGRATIONS_LOCK_TIMEOUT = "2s"
ZERO_DOWNTIME_MIGRATIONS_STATEMENT_TIMEOUT = "5s"
ZERO_DOWNTIME_MIGRATIONS_FLEXIBLE_STATEMENT_TIMEOUT = (
    True  # indexes and validations, which lock nobody out, may take long
)
ZERO_DOWNTIME_MIGRATIONS_RAISE_FOR_UNSAFE = True
ZERO_DOWNTIME_MIGRATIONS_IDEMPOTENT_SQL = True  # they are not atomic: one that failed is run again
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SLOW_QUERY_SECONDS = _env.slow_query_ms / 1000

BROKER_URL = str(_env.broker_url)
CACHE_URL = str(_env.cache_url)

OBSERVE_SECONDS = _env.observe_seconds
PG_BIN = _env.pg_bin
LOG_DIR = _env.log_dir

LIVENESS_SECONDS = _env.liveness_seconds
ENVIRONMENT = _env.environment
RELEASE = _env.release
OTLP_ENDPOINT = str(_env.otel_exporter_otlp_endpoint or "")
TRACES_RATIO = _env.otel_traces_sampler_arg
SENTRY_DSN = str(_env.sentry_dsn or "")

TOKEN_ISSUER = _env.token_issuer
TOKEN_AUDIENCE = "plaza"  # noqa: S105 (a name, not a secret)
JWKS_URL = str(_env.jwks_url)
JWKS_PROVIDER: str | None = None  # dotted function that returns the key set without HTTP (users itself)

INSTALLED_APPS = [
    *("rest_framework", "corsheaders"),
    *("shared.auth", "shared.db", "shared.events", "shared.http", "shared.upkeep"),
]
MIDDLEWARE = [
    "shared.http.middleware.RequestMiddleware",
    "shared.http.headers.HeadersMiddleware",
    "corsheaders.middleware.CorsMiddleware",  # a preflight ends here
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
APPEND_SLASH = False  # paths match with and without the slash; no redirect turns a POST into a GET
TEMPLATES: list[dict[str, object]] = []
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["shared.auth.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["shared.auth.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["shared.http.throttles.caller.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["shared.http.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["shared.http.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "shared.http.negotiation.ContentNegotiation",
    "DEFAULT_SCHEMA_CLASS": "shared.http.openapi.schema.OperationSchema",
    "EXCEPTION_HANDLER": "shared.http.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "GET_MOCK_REQUEST": "shared.http.openapi.document.asked",
    "PREPROCESSING_HOOKS": ["shared.http.openapi.document.public"],
    "POSTPROCESSING_HOOKS": [],
}

RATE_ANONYMOUS = _env.rate_anonymous
RATE_USER = _env.rate_user

CORS_ALLOWED_ORIGINS = _env.cors_origins
CORS_ALLOW_ALL_ORIGINS = DEBUG
CORS_ALLOW_CREDENTIALS = not DEBUG  # with any origin allowed, every page could act as its visitor
CORS_ALLOW_HEADERS = SENT
CORS_EXPOSE_HEADERS = READ
CORS_PREFLIGHT_MAX_AGE = 3600

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # no cookies, so no CSRF middleware: every request carries its token
    "security.W008",  # TLS ends at the gateway; services speak plain HTTP inside the cluster
]

LOGGING_CONFIG = None
logging_config(_env)
