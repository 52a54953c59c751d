"""Samples."""

from __future__ import annotations

from django.db import models

from .fields import EnumField, Key, ReferencingJSONField, TerpIndex, TextField, TimestampField


class SampleRequest(models.Model):
    """Samples that a client asked for."""

    id = models.AutoField(primary_key=True)
    client = Key("Client", "clientId", "sampleRequests_clientId_clients_id_fk", "CASCADE")
    requestedBy = Key("User", "requestedBy", "sampleRequests_requestedBy_users_id_fk")
    requestDate = TimestampField(now=True)
    products = ReferencingJSONField(targets={"productId": "terpseed.Product"})
    sampleRequestStatus = EnumField(
        "PENDING",
        "FULFILLED",
        "CANCELLED",
        "RETURN_REQUESTED",
        "RETURN_APPROVED",
        "RETURNED",
        "VENDOR_RETURN_REQUESTED",
        "SHIPPED_TO_VENDOR",
        "VENDOR_CONFIRMED",
        db_default="PENDING",
    )
    fulfilledDate = TimestampField(null=True)
    fulfilledBy = Key("User", "fulfilledBy", "sampleRequests_fulfilledBy_users_id_fk", null=True)
    cancelledDate = TimestampField(null=True)
    cancelledBy = Key("User", "cancelledBy", "sampleRequests_cancelledBy_users_id_fk", null=True)
    cancellationReason = TextField(null=True)
    notes = TextField(null=True)
    dueDate = models.DateField(null=True)
    totalCost = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    relatedOrder = Key("Order", "relatedOrderId", "sampleRequests_relatedOrderId_orders_id_fk", null=True)
    conversionDate = TimestampField(null=True)
    returnRequestedDate = TimestampField(null=True)
    returnRequestedBy = Key("User", "returnRequestedBy", "sampleRequests_returnRequestedBy_users_id_fk", null=True)
    returnReason = TextField(null=True)
    returnCondition = models.CharField(max_length=50, null=True)
    returnApprovedDate = TimestampField(null=True)
    returnApprovedBy = Key("User", "returnApprovedBy", "sampleRequests_returnApprovedBy_users_id_fk", null=True)
    returnDate = TimestampField(null=True)
    vendorReturnTrackingNumber = models.CharField(max_length=100, null=True)
    vendorShippedDate = TimestampField(null=True)
    vendorConfirmedDate = TimestampField(null=True)
    location = EnumField("WAREHOUSE", "WITH_CLIENT", "WITH_SALES_REP", "RETURNED", "LOST", null=True, db_default="WAREHOUSE")
    expirationDate = TimestampField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "sampleRequests"
        indexes = (
            TerpIndex("idx_sample_requests_client", "client"),
            TerpIndex("idx_sample_requests_date", "requestDate"),
            TerpIndex("idx_sample_requests_due_date", "dueDate"),
            TerpIndex("idx_sample_requests_expiration", "expirationDate"),
            TerpIndex("idx_sample_requests_location", "location"),
            TerpIndex("idx_sample_requests_order", "relatedOrder"),
            TerpIndex("idx_sample_requests_status", "sampleRequestStatus"),
            TerpIndex("sampleRequests_cancelledBy_users_id_fk", "cancelledBy"),
            TerpIndex("sampleRequests_fulfilledBy_users_id_fk", "fulfilledBy"),
            TerpIndex("sampleRequests_requestedBy_users_id_fk", "requestedBy"),
            TerpIndex("sampleRequests_returnApprovedBy_users_id_fk", "returnApprovedBy"),
            TerpIndex("sampleRequests_returnRequestedBy_users_id_fk", "returnRequestedBy"),
        )

    def __str__(self) -> str:
        return f"{self.sampleRequestStatus} request of client {self.client_id}"


class SampleLocationHistory(models.Model):
    """Where a sample went."""

    id = models.AutoField(primary_key=True)
    sampleRequest = Key(
        "SampleRequest", "sampleRequestId", "sampleLocationHistory_sampleRequestId_sampleRequests_id_fk", "CASCADE"
    )
    fromLocation = EnumField("WAREHOUSE", "WITH_CLIENT", "WITH_SALES_REP", "RETURNED", "LOST", null=True)
    toLocation = EnumField("WAREHOUSE", "WITH_CLIENT", "WITH_SALES_REP", "RETURNED", "LOST")
    changedBy = Key("User", "changedBy", "sampleLocationHistory_changedBy_users_id_fk")
    changedAt = TimestampField(now=True)
    notes = TextField(null=True)

    class Meta:
        managed = False
        db_table = "sampleLocationHistory"
        indexes = (
            TerpIndex("idx_sample_location_history_date", "changedAt"),
            TerpIndex("idx_sample_location_history_sample", "sampleRequest"),
            TerpIndex("sampleLocationHistory_changedBy_users_id_fk", "changedBy"),
        )

    def __str__(self) -> str:
        return f"sample {self.sampleRequest_id} to {self.toLocation}"
