"""The settings of the project that PROJECT names, on SQLite, with the engine and an app `drafted` for the drafts."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

FOLDER = Path(os.environ["PROJECT_FOLDER"])
PROJECT = os.environ["PROJECT"]
DJANGO = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.sites", "django.contrib.staticfiles", "django.contrib.humanize",
]  # fmt: skip
APPS = {
    "allauth": [
        *DJANGO, "allauth", "allauth.account", "allauth.socialaccount", "allauth.mfa", "allauth.usersessions",
        "allauth.idp.oidc",
    ],
    "cms": [*DJANGO, "cms", "menus", "treebeard", "sekizai"],
    "oscar": [
        *DJANGO, "django.contrib.flatpages", "oscar.config.Shop", "oscar.apps.analytics.apps.AnalyticsConfig",
        "oscar.apps.checkout.apps.CheckoutConfig", "oscar.apps.address.apps.AddressConfig",
        "oscar.apps.shipping.apps.ShippingConfig", "oscar.apps.catalogue.apps.CatalogueConfig",
        "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig", "oscar.apps.communication.apps.CommunicationConfig",
        "oscar.apps.partner.apps.PartnerConfig", "oscar.apps.basket.apps.BasketConfig", "oscar.apps.payment.apps.PaymentConfig",
        "oscar.apps.offer.apps.OfferConfig", "oscar.apps.order.apps.OrderConfig", "oscar.apps.customer.apps.CustomerConfig",
        "oscar.apps.search.apps.SearchConfig", "oscar.apps.voucher.apps.VoucherConfig",
        "oscar.apps.wishlists.apps.WishlistsConfig", "widget_tweaks", "haystack", "treebeard", "sorl.thumbnail",
        "django_tables2", "oscar.apps.dashboard.apps.DashboardConfig",
        "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
        *(
            f"oscar.apps.dashboard.{name}.apps.{name.title()}DashboardConfig"
            for name in "users orders catalogue offers partners pages ranges reviews vouchers communications shipping".split()
        ),
    ],
    "wagtail": [
        *DJANGO, "wagtail.contrib.forms", "wagtail.contrib.redirects", "wagtail.contrib.settings",
        "wagtail.contrib.search_promotions", "wagtail.embeds", "wagtail.sites", "wagtail.users", "wagtail.snippets",
        "wagtail.documents", "wagtail.images", "wagtail.search", "wagtail.admin", "wagtail", "modelcluster", "taggit",
    ],
    "wiki": [
        *DJANGO, "django_nyt.apps.DjangoNytConfig", "mptt", "sekizai", "sorl.thumbnail", "wiki.apps.WikiConfig",
        "wiki.plugins.attachments.apps.AttachmentsConfig", "wiki.plugins.notifications.apps.NotificationsConfig",
        "wiki.plugins.images.apps.ImagesConfig", "wiki.plugins.macros.apps.MacrosConfig",
    ],
    "helpdesk": [*DJANGO, "rest_framework", "helpdesk"],
    "ledger": [*DJANGO, "django_ledger"],
    "specimens": [*DJANGO, "tests.projects.specimens"],
}  # fmt: skip
"""What each project installs; pretix has settings of its own."""
URLS: dict[str, dict[str, str]] = {
    "allauth": {"accounts/": "allauth.urls"},
    "cms": {"": "cms.urls"},
    "helpdesk": {"": "helpdesk.urls"},
    "ledger": {"ledger/": "django_ledger.urls"},
    "oscar": {"": "oscar"},
    "wagtail": {"cms/": "wagtail.admin.urls", "documents/": "wagtail.documents.urls", "": "wagtail.urls"},
    "wiki": {"notifications/": "django_nyt.urls", "": "wiki.urls"},
}
"""Path → the module of its addresses."""
PROJECT_URLS = URLS.get(PROJECT, {})

if PROJECT == "pretix":
    os.environ.setdefault("PRETIX_DATA_DIR", str(FOLDER))
    globals().update({name: value for name, value in vars(import_module("pretix.settings")).items() if name.isupper()})
    INSTALLED_APPS = [*globals()["INSTALLED_APPS"], "seeding", "drafted"]
    SILENCED_SYSTEM_CHECKS = ["urls"]
    # Its migrations take a quarter of an hour: its own tests make the tables from the models as well.
    LABELS = ("auth", "contenttypes", "sessions", "oauth2_provider", "otp_totp", "otp_static", "hijack")
    PLUGINS = [name.split(".")[-1] for name in INSTALLED_APPS if name.startswith("pretix.plugins.")]
    OWN = [f"pretix{name}" for name in ("base", "control", "presale", "api", "helpers", "multidomain")]
    MIGRATION_MODULES = dict.fromkeys([*LABELS, *PLUGINS, *OWN])
    ROOT_URLCONF = "tests.projects.urls"
    LOGGING = {"version": 1, "disable_existing_loggers": False}
else:
    if PROJECT == "oscar":
        globals().update({name: value for name, value in vars(import_module("oscar.defaults")).items() if name.isupper()})
    SECRET_KEY = "measured"  # noqa: S105 - nobody logs in
    INSTALLED_APPS = [*APPS[PROJECT], "seeding", "drafted"]
    MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware", "django.middleware.locale.LocaleMiddleware",
    ]  # fmt: skip
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"] if PROJECT == "allauth" else []
    PROCESSORS = [
        *(f"django.template.context_processors.{name}" for name in ("request", "i18n")),
        *(["sekizai.context_processors.sekizai"] if "sekizai" in INSTALLED_APPS else []),
        *(f"django.contrib.{name}" for name in ("auth.context_processors.auth", "messages.context_processors.messages")),
    ]
    TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": PROCESSORS},
        }
    ]
    USE_TZ = True
    STATIC_URL = "/static/"
    SITE_ID = 1
    LANGUAGE_CODE = "en"
    LANGUAGES = [("en", "English"), ("de", "German")]
    ROOT_URLCONF = "tests.projects.urls"
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    CMS_CONFIRM_VERSION4 = True
    CMS_TEMPLATES = [("page.html", "Page"), ("wide.html", "Wide page")]
    HELPDESK_TEAMS_MODE_ENABLED = False
    WAGTAIL_SITE_NAME = "measured"
    WAGTAILADMIN_BASE_URL = "http://localhost"
    HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
    MEDIA_ROOT = str(FOLDER / "media")
    ALLOWED_HOSTS = ["testserver"]
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(FOLDER / "project.sqlite3"),
        "OPTIONS": {"init_command": "PRAGMA synchronous=OFF"},
    }
}
if "PROJECT_SOCKET" in os.environ:
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.mysql",
        "NAME": "project",
        "USER": "root",
        "OPTIONS": {
            "unix_socket": os.environ["PROJECT_SOCKET"],
            "charset": "utf8mb4",
            "init_command": "SET SESSION time_zone = '+00:00'",
        },
    }
