"""What happened to clients, and what was said with them and about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from seeding import Seeded, invariant, unless
from terpseed.invariants.orders import pages
from terpseed.models import (
    Batch,
    Client,
    ClientActivity,
    ClientCommunication,
    ClientNote,
    ClientTransaction,
    Comment,
    FreeformNote,
)


@invariant(ClientActivity, Client)
def a_client_was_created_when_it_came(seeded: Seeded) -> QuerySet[Any]:
    """CREATED is of the moment at which the client was entered, and nothing happened to it before."""
    created = Q(activity_type="CREATED", created_at=F("client__created_at"))
    return unless(seeded.rows, created | (~Q(activity_type="CREATED") & Q(created_at__gte=F("client__created_at"))))


@invariant(ClientActivity, ClientTransaction)
def an_activity_is_on_the_clients_statement(seeded: Seeded) -> Iterator[Any]:
    """What was added or recorded is a line of the client's statement, of that moment; of a payment also the amount."""
    for page in pages(seeded.rows.filter(activity_type__in=("TRANSACTION_ADDED", "PAYMENT_RECORDED"))):
        told = {one.pk: one.metadata or {} for one in page}
        named = [one["transactionId"] for one in told.values() if one.get("transactionId")]
        lines = ClientTransaction.objects.using(seeded.rows.db).in_bulk(named)
        for one in page:
            line = lines.get(told[one.pk].get("transactionId"))
            if line is None or (line.client_id, line.created_at) != (one.client_id, one.created_at):
                yield one.pk
            elif one.activity_type == "PAYMENT_RECORDED":
                recorded = ("PAYMENT", told[one.pk].get("paymentAmount"))  # a float, exact as far as cents go
                if (line.transaction_type, float(line.amount)) != recorded:
                    yield one.pk


@invariant(ClientCommunication, Client)
def nobody_talks_before_the_client_came(seeded: Seeded) -> QuerySet[Any]:
    """A communication is later than its client, and logged when it was over."""
    return unless(seeded.rows, communicated_at__gte=F("client__created_at"), created_at__gte=F("communicated_at"))


@invariant(ClientNote, Client, FreeformNote)
def a_note_is_about_a_client_that_had_come(seeded: Seeded) -> QuerySet[Any]:
    """The client came before the note, and the note before its link."""
    return unless(seeded.rows, note__createdAt__gte=F("client__created_at"), created_at__gte=F("note__createdAt"))


@invariant(FreeformNote, ClientNote)
def a_note_is_about_one_client(seeded: Seeded) -> QuerySet[Any]:
    """Every note is linked once, and not older than its last change."""
    links = ClientNote.objects.filter(note=OuterRef("pk"))
    once = Exists(links) & ~Exists(links.order_by("pk")[1:2])
    return unless(seeded.rows, once & Q(updatedAt__gte=F("createdAt")))


@invariant(Comment, Client, Batch)
def a_comment_is_under_what_had_come(seeded: Seeded) -> QuerySet[Any]:
    """The client or the batch is there, and came before the comment."""
    client = Exists(Client.objects.filter(pk=OuterRef("commentable_id"), created_at__lte=OuterRef("created_at")))
    batch = Exists(Batch.objects.filter(pk=OuterRef("commentable_id"), createdAt__lte=OuterRef("created_at")))
    return unless(seeded.rows, (Q(commentable_type="client") & client) | (Q(commentable_type="inventory_batch") & batch))


@invariant(Comment)
def a_resolved_comment_says_by_whom_and_when(seeded: Seeded) -> QuerySet[Any]:
    """Resolved by somebody, after it was written; or not at all."""
    resolved = Q(is_resolved=True, resolved_at__gte=F("created_at"), resolved_by__isnull=False)
    return unless(seeded.rows, resolved | Q(is_resolved=False, resolved_at=None, resolved_by=None))
