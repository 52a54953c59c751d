"""The apps installed besides the project's own, from one variable."""

from __future__ import annotations

from importlib.util import find_spec

import environ
from django.core.exceptions import ImproperlyConfigured


def apps(env: environ.Env, variable: str) -> list[str]:
    """The entries for INSTALLED_APPS that `variable` lists: modules, or the paths of AppConfig classes.

    Raises ImproperlyConfigured, naming the variable, for an entry that cannot be found.
    """
    names = [name.strip() for name in env.list(variable, default=[]) if name.strip()]
    for name in names:
        module, _, last = name.rpartition(".")
        try:
            spec = find_spec(module if last[:1].isupper() and module else name)
        except ImportError:
            spec = None
        if spec is None:
            raise ImproperlyConfigured(f"{variable} names {name!r}, which Python does not find. Is it on PYTHONPATH?")
    return names
