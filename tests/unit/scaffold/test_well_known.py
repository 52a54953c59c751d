"""Tables that no automatic seeder fills, and real rows that automatic seeders refer to."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import models
from django.test import override_settings

from seeding.generation.registry import Registry
from seeding.scaffold import Drafter, Project
from seeding.scaffold.well_known import left_out
from tests.support.databases import Database


def table(model: type[models.Model]) -> str:
    return model._meta.db_table


def test_nobody_is_granted_a_permission() -> None:
    grants: tuple[type[models.Model], ...] = (Group.permissions.through, User.user_permissions.through)

    assert {left_out(table(one), one) for one in grants} == {"it grants permissions"}
    assert left_out(table(Group), Group) == left_out(table(User), User) == ""
    assert left_out(table(Permission), Permission) == "its rows are referred to and never invented"


@pytest.mark.parametrize(
    "name", ["oauth2_provider_grant", "oauth2_provider_devicegrant", "oauth2_provider_idtoken", "oauth_authorization_codes"]
)
def test_nobody_is_let_in_by_a_code_that_anybody_can_compute(name: str) -> None:
    assert left_out(name, None) == "what is in it lets in"


@pytest.mark.parametrize("name", ["oauth2_provider_application", "grants", "invitations", "postal_codes"])
def test_what_lets_nobody_in_is_filled(name: str) -> None:
    assert left_out(name, None) == ""


def test_the_natural_key_of_real_rows_is_not_said_to_hold_nothing_personal(shop: Database) -> None:
    shop.query("INSERT INTO shop_customer (name, email, joined_at) VALUES ('Jane Doe', 'jane@doe.test', '2026-01-01')")

    with override_settings(SEEDING_AUTO_REFERRED={"shop.Customer": ["email"]}):
        draft = Drafter(Project(shop.alias, Registry(())), None).draft(["shop_customer"])[0]

    assert (dict(draft.pii), draft.not_pii) == ({"email": "email"}, ())
