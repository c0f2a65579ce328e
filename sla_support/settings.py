"""Settings of the desk, all from the environment. `.env.example` lists every variable.

A desk is in one of two states. The *trial* desk names nothing: it runs on embedded engines, drops
its mail into a folder and makes its own secret. Naming DATABASE_URL or SECRET_KEY makes it a desk
in production, and then everything that production needs must be named.
"""

import os
import zoneinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from sla_support import environment, places
from sla_support.environment import read

# Zone rules come from the pinned package alone: the same deadline on every host.
zoneinfo.reset_tzpath(())

BASE_DIR = Path(__file__).resolve().parent.parent
environment.env.read_env(BASE_DIR / ".env")

DESK_DATA: Path = read("DESK_DATA", Path, "a folder", default=BASE_DIR / "var").absolute()
DESK_TRIAL: bool = read(
    "DESK_TRIAL",
    environment.boolean,
    "1 for a trial desk, 0 for production",
    default=not any(
        os.environ.get(f"{name}{end}")
        for name in ("DATABASE_URL", "SECRET_KEY")
        for end in ("", "_FILE")
    ),
)
DEBUG: bool = read("DESK_DEBUG", environment.boolean, "1 or 0", default=False)
INTERNAL_IPS = ["127.0.0.1", "::1"]


def _default(trial: Any) -> dict[str, Any]:
    """A default that only a trial desk has: production names the thing itself."""
    return {"default": trial} if DESK_TRIAL else {}


# --- The desk itself -------------------------------------------------------------------------

DESK_NAME: str = read("DESK_NAME", str, "the desk's name", default="SLA Support")
DESK_ADDRESS: str = read(
    "DESK_ADDRESS",
    environment.public_address,
    "the address people open, such as https://support.example.com",
    **_default("http://127.0.0.1:8000"),
)
DESK_TIMEZONE: str = read(
    "DESK_TIMEZONE", environment.zone, "an IANA zone such as Europe/Paris", default="Europe/Paris"
)
DESK_MAIL_DOMAIN: str = read(
    "DESK_MAIL_DOMAIN", str, "a domain", default=urlsplit(DESK_ADDRESS).hostname or "localhost"
)
DESK_MAIL_FROM: str = read(
    "DESK_MAIL_FROM",
    environment.mail_address,
    "an address such as support@example.com",
    **_default("support@desk.example"),
)
DESK_MAX_MAIL_BYTES: int = read(
    "DESK_MAX_MAIL_BYTES", environment.positive, "a number of bytes", default=25 * 1024 * 1024
)

SECRET_KEY: str = (
    read("SECRET_KEY", str, "a long random text", default=None)
    if DESK_TRIAL
    else read("SECRET_KEY", environment.secret, "a long random text of at least 50 characters")
) or environment.kept_secret(DESK_DATA / "secret-key")
ALLOWED_HOSTS: list[str] = read(
    "DESK_ALLOWED_HOSTS",
    environment.words,
    "host names with commas between",
    default=[urlsplit(DESK_ADDRESS).hostname]
    + (["localhost", "127.0.0.1", "[::1]"] if DESK_TRIAL else []),
)
CSRF_TRUSTED_ORIGINS = [DESK_ADDRESS]

# --- Engines ---------------------------------------------------------------------------------

REDIS_URL: str = read(
    "REDIS_URL",
    environment.redis_url,
    "an address such as redis://127.0.0.1:6379/0",
    **_default(f"unix://{places.valkey_socket(DESK_DATA)}?db=0"),
)
CELERY_BROKER_URL = environment.celery_broker(REDIS_URL)

#: The desk starts these itself (`up`; commands start the database when none runs).
DESK_EMBEDS_POSTGRES: bool = DESK_TRIAL and not environment.env.str("DATABASE_URL", default="")
DESK_EMBEDS_VALKEY: bool = DESK_TRIAL and not environment.env.str("REDIS_URL", default="")

_database: dict[str, Any] = read(
    "DATABASE_URL",
    environment.database_url,
    "an address such as postgres://user:password@host:5432/name",
    **_default(
        {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "desk",
            "USER": "desk",
            "HOST": str(places.socket_folder(DESK_DATA)),
            "PORT": "5432",
        }
    ),
)
_database_options: dict[str, Any] = {"connect_timeout": 3, **_database.get("OPTIONS", {})}
if "DESK_COMMAND" not in os.environ:  # manage.py makes one connection, may run long, and ends
    # Long-running processes share connections between their threads. No statement of a page or a
    # worker needs a minute; a thread cannot be killed, so the database ends what runs away.
    _database_options["pool"] = {
        "min_size": 0,
        "max_size": read(
            "DESK_DATABASE_POOL_SIZE", environment.positive, "a number of connections", default=16
        ),
        "timeout": 3,
        "max_idle": 120,
    }
    _database_options.setdefault(
        "options", "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
    )
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _database_options,
    }
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "desk_cache"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Parts -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "sla_support",
    "tickets",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "heroicons",
    "rest_framework",
]
MIDDLEWARE = [
    "sla_support.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "sla_support.urls"
ASGI_APPLICATION = "sla_support.asgi.application"
WSGI_APPLICATION = "sla_support.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tickets.web.context.desk",
            ]
        },
    }
]

# --- People ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "tickets.User"
AUTHENTICATION_BACKENDS = ["sla_support.accounts.DeskAuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "sla_support.accounts.DeskAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL

# --- Languages and time ----------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files -----------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT: Path = read(
    "DESK_STATIC_ROOT",
    Path,
    "a folder",
    default=DESK_DATA / "static" if DESK_TRIAL else BASE_DIR / "staticfiles",
)
MEDIA_ROOT = DESK_DATA / "attachments"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        # The trial serves the sources; production runs collectstatic once for hashed names.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DESK_TRIAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DESK_TRIAL
WHITENOISE_AUTOREFRESH = DEBUG

# --- Mail ------------------------------------------------------------------------------------

vars().update(
    read(
        "EMAIL_URL",
        environment.mail_url,
        "a mail server such as smtp+tls://user:password@mail.example.com:587",
        **_default({"EMAIL_BACKEND": "tickets.emails.drop.MailDropBackend"}),
    )
)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = DESK_MAIL_FROM

# --- Browser security ------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
_secure = urlsplit(DESK_ADDRESS).scheme == "https" or not DESK_TRIAL
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _secure
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
if DESK_TRIAL:
    # Browsers share cookies between ports: two desks on one machine must not sign each other out.
    SESSION_COOKIE_NAME = f"desk_{places.fingerprint(DESK_DATA)}"
    CSRF_COOKIE_NAME = f"csrf_{places.fingerprint(DESK_DATA)}"
SECURE_SSL_REDIRECT = not DESK_TRIAL
_behind_proxy: bool = read("DESK_BEHIND_PROXY", environment.boolean, "1 or 0", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _behind_proxy else None
# Failed sign-ins are counted by address: all people behind one proxy must not share one count.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _behind_proxy else 0
SECURE_HSTS_SECONDS = 0 if DESK_TRIAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DESK_TRIAL

# --- API and logs ----------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
    "filters": {
        # A load balancer asks every few seconds; the answer says all there is to say.
        "no_probes": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: "/readyz" not in record.getMessage(),
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": read("DESK_LOG_LEVEL", str.upper, "DEBUG, INFO, WARNING or ERROR", default="INFO"),
    },
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"filters": ["no_probes"]},
        "django.server": {"handlers": [], "propagate": True},
        "psycopg.pool": {"level": "ERROR"},
    },
}
