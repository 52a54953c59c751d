"""Samples: each step follows the one before it, and where a sample is follows from where it went."""

from __future__ import annotations

import itertools
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from seeding import Seeded, invariant, unless
from terpseed.models import Client, Order, SampleLocationHistory, SampleRequest

STEPS = ("requestDate", "fulfilledDate", "returnRequestedDate", "returnApprovedDate", "returnDate", "vendorShippedDate",
         "vendorConfirmedDate")  # fmt: skip
LAST = {
    "PENDING": "requestDate",
    "FULFILLED": "fulfilledDate",
    "RETURN_REQUESTED": "returnRequestedDate",
    "RETURN_APPROVED": "returnApprovedDate",
    "RETURNED": "returnDate",
    "SHIPPED_TO_VENDOR": "vendorShippedDate",
    "VENDOR_CONFIRMED": "vendorConfirmedDate",
}
"""Status → the last step that has a date."""


@invariant(SampleRequest)
def a_samples_state_is_its_last_step(seeded: Seeded) -> QuerySet[Any]:
    """The steps up to the status have dates, in turn, and the later ones none; a cancelled request was never fulfilled."""
    right = Q(sampleRequestStatus="CANCELLED", cancelledDate__gte=F("requestDate"), fulfilledDate=None)
    for status, last in LAST.items():
        taken = STEPS[: STEPS.index(last) + 1]
        ordered = Q(*(Q(**{f"{after}__gte": F(before)}) for before, after in itertools.pairwise(taken)))
        none = Q(**dict.fromkeys(STEPS[len(taken) :]), cancelledDate=None)
        right |= Q(sampleRequestStatus=status) & ordered & none
    return unless(seeded.rows, right)


@invariant(SampleRequest, Client, Order)
def a_sample_is_a_buyers(seeded: Seeded) -> QuerySet[Any]:
    """Who asked for a sample buys; the order that came of it is the same client's, and later."""
    ordered = Q(relatedOrder__client=F("client"), relatedOrder__created_at=F("conversionDate"))
    followed = ordered & Q(conversionDate__gt=F("fulfilledDate"))
    alone = Q(relatedOrder=None, conversionDate=None)
    return unless(seeded.rows, Q(client__is_buyer=True) & (followed | alone))


@invariant(SampleRequest, SampleLocationHistory)
def a_sample_is_where_it_went(seeded: Seeded) -> QuerySet[Any]:
    """Its location is where it went last, or the warehouse if it never left; only what was handed out has left."""
    history = SampleLocationHistory.objects.filter(sampleRequest=OuterRef("pk"))
    last = Subquery(history.order_by("-changedAt", "-pk").values("toLocation")[:1])
    handed_out = Q(fulfilledDate__isnull=False) & ~Q(last="WAREHOUSE")
    kept = Q(fulfilledDate=None, last="WAREHOUSE")
    return unless(seeded.rows.annotate(last=Coalesce(last, Value("WAREHOUSE"))), Q(location=F("last")) & (handed_out | kept))


@invariant(SampleLocationHistory, SampleRequest)
def a_sample_leaves_where_it_was(seeded: Seeded) -> QuerySet[Any]:
    """Each move begins where the one before it ended, the first in the warehouse, and after the request."""
    earlier = SampleLocationHistory.objects.filter(
        sampleRequest=OuterRef("sampleRequest_id"), changedAt__lt=OuterRef("changedAt")
    )
    before = Subquery(earlier.order_by("-changedAt").values("toLocation")[:1])
    moved = seeded.rows.annotate(before=Coalesce(before, Value("WAREHOUSE")))
    return unless(
        moved, Q(fromLocation=F("before"), changedAt__gte=F("sampleRequest__requestDate")) & ~Q(toLocation=F("before"))
    )
