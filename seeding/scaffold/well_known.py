"""Tables whose rows are referred to and never invented, and tables that no automatic seeder fills unless it is asked to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import models

from seeding.conf import more_referred
from seeding.masking import name_words

REFERRED: Mapping[str, tuple[str, ...]] = {
    "contenttypes.contenttype": ("app_label", "model"),
    "auth.permission": ("content_type_id", "codename"),
    "sites.site": ("domain",),
    "wagtailcore.site": ("hostname", "port"),
    "wagtailcore.locale": ("language_code",),
    "wagtailcore.collection": ("path",),
}
"""Model → the columns of its natural key. The setting SEEDING_AUTO_REFERRED adds to it."""
REFERRED_TO = "its rows are referred to and never invented"
LEFT_OUT: Mapping[str, str] = {
    "sessions.session": "sessions are made by logging in",
    "admin.logentry": "the admin's log is a record of what people did",
    "wagtailcore.modellogentry": "it is a record of what people did",
    "wagtailcore.pagelogentry": "it is a record of what people did",
    "usersessions.usersession": "sessions are made by logging in",
    "authtoken.token": "it holds keys of an API",
    "authtoken.tokenproxy": "it holds keys of an API",
    "otp_static.statictoken": "it holds keys that log in",
}
NOT_MEANT = frozenset({"helpdesk.queue"})
"""Models that are not what their names say: these queues are departments."""
PERMISSION = "auth.permission"
GRANTS = "it grants permissions"
NAMED: tuple[tuple[str, str], ...] = (
    (r"(?:django_|seeding_|_?sqlite_)?migrations?$", "it records migrations"),
    (r".*_(?:fts|fts_\w+|search_?index(?:entry)?|sqlite\w*indexentry|indexentry\w*)$", "it shadows other tables for searching"),
    (r"sqlite_|pg_|sys_", "it is the server's own"),
    (r"django_(?:celery|q|rq|dramatiq|apscheduler|background_tasks?|tasks)\w*|(?:dj)?celery_\w+|background_task\w*",
     "it is a queue or a schedule, and what is in it is carried out"),
    (r"(?:\w+_)?(?:outbox|outbox_\w+|(?:job|task|mail|email|sms|message|event)_?queue)(?:s|es)?$|queues?$|post_office_\w+$",
     "it is a queue, and what is in it is carried out"),
    (r"(?:\w+_)?cache_(?:table|entries)$|(?:django_)?cache$|\w*kvstore$", "it is a cache"),
    (r"(?:\w+_)?web_?hooks?(?:_?\w*)$", "what is in it is called"),
    (r"(?:\w+_)?(?:api_?tokens?|access_?tokens?|refresh_?tokens?|auth_?tokens?|api_?keys?)$", "it holds keys of an API"),
    (r"(?:\w+_)?oauth\d?_(?:\w+_)?(?:(?:device_?)?grants?|id_?tokens?|(?:auth\w*_)?codes?)$", "what is in it lets in"),
    (r"(?:\w+_)?(?:user|login|auth|http|django|web)_?sessions?$|sessions?$", "sessions are made by logging in"),
    (r"(?:\w+_)?(?:cron_?jobs?|periodic_?tasks?|cron_?schedules?)$", "it is a schedule, and what is in it is carried out"),
)  # fmt: skip
"""Pattern of a table's name → why it is left out."""


def natural_key(model: type[models.Model] | None) -> tuple[str, ...]:
    """The columns of the natural key by which rows of the model are referred to; empty if seeded rows are referred to."""
    if model is None:
        return ()
    return {**REFERRED, **more_referred()}.get(model._meta.label_lower, ())


def left_out(table: str, model: type[models.Model] | None) -> str:
    """Why no automatic seeder fills the table unless it is named; empty if one does."""
    if natural_key(model):
        return REFERRED_TO
    if model is not None and (why := LEFT_OUT.get(model._meta.label_lower)):
        return why
    if model is not None and PERMISSION in map(_target, model._meta.concrete_fields):
        return GRANTS
    if model is not None and model._meta.auto_created:  # named by a field; what it joins counts
        ends = [field.related_model for field in model._meta.local_fields if isinstance(field, models.ForeignKey)]
        return next((why for end in ends if not natural_key(end) and (why := left_out(end._meta.db_table, end))), "")
    if model is not None and model._meta.label_lower in NOT_MEANT:
        return ""
    names = ["_".join(name_words(table)), table.lower()]
    names += ["_".join(name_words(model.__name__))] if model is not None else []
    return next((why for pattern, why in NAMED if any(re.match(pattern, name) for name in names)), "")


def _target(field: models.Field[object, object]) -> str:
    """Label of the model that a field refers to; empty if it refers to none."""
    target = field.related_model
    return target._meta.label_lower if isinstance(target, type) and issubclass(target, models.Model) else ""
