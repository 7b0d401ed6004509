"""Settings: one file, everything that differs between machines comes from the environment."""

import os
from urllib.parse import urlsplit

from celery.schedules import crontab
from django.http.request import split_domain_port
from django.utils.csp import CSP

from partnerhub.env import ROOT, Environment

env = Environment(os.environ)
BASE_DIR = ROOT
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")

# What the machine says -------------------------------------------------------------------------
DEMO = env.demo
SITE_URL = env.site_url()
SITE_HTTPS = SITE_URL.startswith("https://")
_SITE_HOST = split_domain_port(urlsplit(SITE_URL).netloc)[0]
DEBUG = env.debug()
SECRET_KEY = env.secret_key(VAR_DIR / "secret-key")
SECRET_KEY_FALLBACKS = env.fallback_keys()
ALLOWED_HOSTS = [_SITE_HOST, *([] if env.production else ["127.0.0.1", "localhost"])]
MARKETPLACE_NAME = env.text("MARKETPLACE_NAME", "Amazon")
SUPPORT_EMAIL = env.plain_address(
    "SUPPORT_EMAIL", "support@demo.example" if DEMO else "", like="the address that people ask"
)
_MAIL_HOST = _SITE_HOST if env.production else "localhost"
DEFAULT_FROM_EMAIL = env.address("DEFAULT_FROM_EMAIL", f"PartnerHub <no-reply@{_MAIL_HOST}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
TRUSTED_PROXY_COUNT = env.proxies(https=SITE_HTTPS)
# Where the web server listens; gunicorn.conf.py reads them.
BIND, PORT, WEB_CONCURRENCY = env.bind(), env.port, env.number("WEB_CONCURRENCY", 2, 1, 64)

# Applications ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "guardian",
    "django_htmx",
    "django_countries",
    "django_structlog",
    "core.web",
    "core.submissions",
    "core.failures",
    "core.outbox",
    "core.audit",
    "core.notifications",
    "accounts",
    "roles",
    "connections",
    "supplychain",
    "partnerhub.portals",
    *(["partnerhub.demo"] if DEMO else []),
]

MIDDLEWARE = [
    # First: their line and headers stand on every answer, whoever gives it.
    "core.web.request_lines.Requests",
    "core.web.request_lines.request_context",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.web.request_lines.clear_site_data",
    # A probe speaks plain http and knows no host name.
    "partnerhub.portals.probes.health",
    "core.web.middleware.https_only",
    *(["partnerhub.demo.middleware.one_host"] if DEMO else []),
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.web.middleware.clean_input",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "core.web.bodies.body_limit",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.web.middleware.known_methods",
    "core.web.middleware.domain_errors",
    "core.web.ended_sessions.SignInFirst",
    "accounts.middleware.readers_zone",
    "accounts.middleware.even_answers",
    "accounts.middleware.session_activity",
    "accounts.middleware.RefusedForms",
    "accounts.middleware.second_factor",
    "connections.middleware.portal",
    "core.submissions.middleware.once",
]

ROOT_URLCONF = "partnerhub.urls"
WSGI_APPLICATION = "partnerhub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "core.web.renderer.PortalFormRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.web.context.site",
                "partnerhub.portals.layouts.portal",
            ]
        },
    }
]

# Data ------------------------------------------------------------------------------------------
DATABASES = {"default": env.database(VAR_DIR / "partnerhub.sqlite3")}
REDIS_URL, REDIS_TLS = env.redis()
CACHES = {
    # What limits sign-in and codes must survive a broker that forgets, and one that hangs.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_limit",
        # Never culled, which would end limits early: accounts.forget_sessions clears what ended.
        "OPTIONS": {"MAX_ENTRIES": 1_000_000_000},
    },
    "quick": {
        "BACKEND": "core.caches.QuickCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "partnerhub",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1, **REDIS_TLS},
    },
}
MEDIA_ROOT = env.folder("MEDIA_ROOT", VAR_DIR / "media")
STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = None if DEBUG or DEMO else VAR_DIR / "static"
WHITENOISE_USE_FINDERS = DEBUG or DEMO
STORAGES = {
    # Nothing here is ever served by URL: files go out through views that ask for rights.
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
FILE_UPLOAD_PERMISSIONS = 0o600

LANGUAGE_CODE = "en"
# What is complete: locale/README.md says how a language begins.
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
# In no list of ISO, and in every list of countries that firms choose from.
COUNTRIES_OVERRIDE = {"XK": "Kosovo"}
FORMS_URLFIELD_ASSUME_HTTPS = True

# Sign-in ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "accounts.passwords.GuessedFirstValidator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "accounts.forms.credentials.LoginForm",
    "signup": "accounts.forms.credentials.SignupForm",
    "reset_password": "accounts.forms.credentials.ResetPasswordForm",
    "add_email": "accounts.forms.credentials.AddEmailForm",
}
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.people.SignupNameForm"
# A name that no address book has: password managers fill in what they know.
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "leave_empty_if_human"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = False
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# A mailed code proves a mailbox, which a stolen browser often has open, too.
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
# Nobody fills a stranger's mailbox with codes (I13).
ACCOUNT_RATE_LIMITS = {
    "confirm_email": "1/10s/key,12/h/key",
    "reset_password": "20/m/ip,5/m/key,12/h/key",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = False
MFA_TOTP_ISSUER = "PartnerHub"
MFA_ADAPTER = "accounts.adapter.FactorAdapter"
# Clocks of phones differ, and people type: the period before and the one after count, too.
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SITE_HTTPS
USERSESSIONS_TRACK_ACTIVITY = False
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # guardian is asked through core.object_permissions, never user.has_perm
    "security.W008",  # core.web.middleware.https_only redirects, and never for ever
]

# Browser ---------------------------------------------------------------------------------------
COOKIE_PREFIX = "__Host-" if SITE_HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = SITE_HTTPS
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7
# Used or not, nobody stays signed in for longer; the desk for a working day, and an hour unused.
SESSION_SECONDS = 60 * 60 * 24 * 30
DESK_SESSION_SECONDS = 60 * 60 * 12
DESK_IDLE_SECONDS = 60 * 60
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = SITE_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [SITE_URL]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_HSTS_SECONDS = 63_072_000 if SITE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SITE_HTTPS
SECURE_HSTS_PRELOAD = SITE_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}

# Mail ------------------------------------------------------------------------------------------
# `default` stores the message in the transaction that caused it; `transport` sends it later.
MAILERS = {
    "default": {"BACKEND": "core.outbox.services.OutboxBackend"},
    "transport": env.transport(VAR_DIR / "mail"),
}
# The mail provider's own settings, and whose reports about bounces and complaints are taken in.
ANYMAIL = env.anymail()
MAIL_WEBHOOK = env.mail_webhook(ANYMAIL)

# Rules of the product --------------------------------------------------------------------------
PARTNER_LINK_DAYS = 7
INVITATION_DAYS = 14
CONNECTION_DAYS = 365
ROLE_REQUEST_DAYS = 14
APPROVAL_DAYS = 365
IDENTITY_DAYS = 730
IDENTITY_DOCUMENT_DAYS = 30
APPLICATION_ANSWER_DAYS = 30
# Whoever belonged to a business so recently decides nothing about it.
STAKE_DAYS = 365
# How long the owner and their administrators have to object to a reset of a second factor.
FACTOR_RESET_DAYS = 7
REVIEW_PROMISE_DAYS = 14
APPROVAL_REMINDER_DAYS = (60, 30, 7)
# A live connection is reviewed this long after its start or last review; the answer has its time.
REVIEW_INTERVAL_DAYS = 365
REVIEW_ANSWER_DAYS = 30
CLOCK_OFFSET = "partnerhub.demo.clock.offset" if DEMO else ""
REVIEW_REMINDER_DAYS = (14, 3, 0)

# Celery ----------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_USE_SSL = REDIS_TLS or None
# What a web process publishes with: it never waits for a broker (F1, F2).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "max_retries": 0,
    "retry_on_timeout": False,
}
# What worker and beat use; set by core.celery when one of them starts.
CELERY_WORKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 15,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_CONSUMER = "core.broker:Consumer"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker waits for its broker, however long.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "drain-outbox": {"task": "outbox.drain", "schedule": 30.0},
    "seal-audit": {"task": "audit.seal", "schedule": 60.0},
    "send-lists": {"task": "accounts.send_lists", "schedule": 60.0},
    "sweep-accounts": {"task": "accounts.sweep", "schedule": 60.0},
    "sweep-roles": {"task": "roles.sweep", "schedule": 60.0},
    "sweep-connections": {"task": "connections.sweep", "schedule": 60.0},
    "sweep-supplychain": {"task": "supplychain.sweep", "schedule": 60.0},
    "daily-mail": {
        "task": "notifications.send_digests",
        # Each hour is somebody's morning.
        "schedule": crontab(minute=5),
    },
    "daily-reviews": {"task": "roles.tell_reviewers", "schedule": crontab(minute=10)},
    "retention": {"task": "outbox.forget_old_text", "schedule": crontab(hour=3, minute=17)},
    "old-lists": {"task": "accounts.forget_lists", "schedule": crontab(hour=3, minute=27)},
    "orphaned-documents": {
        "task": "accounts.sweep_orphans",
        "schedule": crontab(hour=3, minute=17),
    },
    "reseal-factors": {"task": "accounts.reseal_factors", "schedule": crontab(hour=3, minute=27)},
    "old-sessions": {"task": "accounts.forget_sessions", "schedule": crontab(hour=3, minute=37)},
    "old-forms": {"task": "submissions.forget", "schedule": crontab(hour=3, minute=47)},
}
if DEMO:
    CELERY_BEAT_SCHEDULE["carriers"] = {"task": "demo.play_carriers", "schedule": 30.0}

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
# Logs ------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "core.web.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # gunicorn has handlers of its own unless it is told not to.
        "gunicorn.error": {"handlers": [], "propagate": True},
        # What these would say of each request and task stands in one line already.
        "django.request": {"level": "ERROR"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
DJANGO_STRUCTLOG_CELERY_ENABLED = True

env.stop_if_wrong()
