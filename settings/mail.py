"""The mail server for alerts, from one URL."""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from settings.credentials import ENCODE, is_cut

FORMS = "smtp://user:password@host:587, smtp+tls://… or smtp+ssl://…"


def mail(env: environ.Env, variable: str) -> dict[str, Any]:
    """Django's EMAIL_ settings from `variable`; empty if it is not set, which leaves Django's defaults.

    Raises ImproperlyConfigured, naming the variable and never its value: the URL holds a password.
    """
    url = env(variable, default="")
    if not url:
        return {}
    try:
        config = {} if is_cut(url) else dict(environ.Env.email_url_config(url))
    except (ValueError, ImproperlyConfigured):
        config = {}
    if not config:
        raise ImproperlyConfigured(f"{variable} is no mail server's URL. Write it like {FORMS}, and {ENCODE}")
    return config
