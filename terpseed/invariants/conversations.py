"""What happened to clients, and what was said with them and about them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
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
    Payment,
)


@invariant(ClientActivity, Client)
def a_client_was_created_when_it_came(seeded: Seeded) -> QuerySet[Any]:
    """CREATED is of the moment at which the client was entered, and nothing happened to it before."""
    created = Q(activity_type="CREATED", created_at=F("client__created_at"))
    return unless(seeded.rows, created | (~Q(activity_type="CREATED") & Q(created_at__gte=F("client__created_at"))))


@invariant(ClientActivity, ClientTransaction)
def an_added_transaction_is_the_clients(seeded: Seeded) -> Iterator[Any]:
    """The transaction that was added is on the client's statement, and of that moment."""
    for page in pages(seeded.rows.filter(activity_type="TRANSACTION_ADDED")):
        named = {one.pk: (one.metadata or {}).get("transactionId") for one in page}
        lines = ClientTransaction.objects.using(seeded.rows.db).in_bulk([key for key in named.values() if key])
        for one in page:
            line = lines.get(named[one.pk])
            if line is None or (line.client_id, line.created_at) != (one.client_id, one.created_at):
                yield one.pk


@invariant(ClientActivity, ClientTransaction, Payment)
def a_recorded_payment_was_made(seeded: Seeded) -> Iterator[Any]:
    """The client has paid that amount at that moment, on the invoice whose line it names."""
    for page in pages(seeded.rows.filter(activity_type="PAYMENT_RECORDED")):
        using, told = seeded.rows.db, {one.pk: one.metadata or {} for one in page}
        keys = [one["transactionId"] for one in told.values() if one.get("transactionId")]
        lines = ClientTransaction.objects.using(using).filter(transaction_type="INVOICE").in_bulk(keys)
        made = Payment.objects.using(using).filter(paymentType="RECEIVED", createdAt__in=[one.created_at for one in page])
        paid = set(made.values_list("customer", "createdAt", "amount"))
        for one in page:
            line = lines.get(told[one.pk].get("transactionId"))
            amount = Decimal(str(told[one.pk].get("paymentAmount", 0)))
            if line is None or line.client_id != one.client_id or (one.client_id, one.created_at, amount) not in paid:
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
