"""A table with the key (tenant, id), and references to its rows by their codes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Parcel(models.Model):
    """Of a tenant; within another one."""

    objects: ClassVar[models.Manager[Parcel]]

    tenant_id = models.IntegerField()
    code = models.CharField(max_length=20, unique=True)
    within = models.ForeignKey("self", models.SET_NULL, to_field="code", null=True, db_constraint=False, related_name="+")

    class Meta:
        managed, app_label, db_table = False, "linked", "parcels"


class Stamp(models.Model):
    """On a parcel."""

    objects: ClassVar[models.Manager[Stamp]]

    parcel = models.ForeignKey(Parcel, models.CASCADE, to_field="code", db_constraint=False)

    class Meta:
        managed, app_label, db_table = False, "linked", "stamps"
