"""What TERP sells."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from .fields import EnumField, Key, ReferencingJSONField, TerpIndex, TextField, TimestampField, Unique


class Order(models.Model):
    """A quote or a sale."""

    id = models.AutoField(primary_key=True)
    version = models.IntegerField(db_default=1)
    order_number = models.CharField(max_length=50)
    orderType = EnumField("QUOTE", "SALE")
    is_draft = models.BooleanField(db_default=True)
    client = Key("Client", "client_id", "orders_client_id_clients_id_fk", "CASCADE")
    client_need_id = models.IntegerField(null=True)
    intake_event = Key(
        "CalendarEvent", "intake_event_id", "orders_intake_event_id_calendar_events_id_fk", "SET NULL", null=True
    )
    items = ReferencingJSONField(targets={"batchId": "terpseed.Batch", "productId": "terpseed.Product"})
    subtotal = models.DecimalField(max_digits=15, decimal_places=2)
    tax = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    discount = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    shipping = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    show_adjustment_on_document = models.BooleanField(db_default=True)
    total = models.DecimalField(max_digits=15, decimal_places=2)
    total_cogs = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    total_margin = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    avg_margin_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    valid_until = models.DateField(null=True)
    quoteStatus = EnumField("UNSENT", "SENT", "VIEWED", "REJECTED", "EXPIRED", "CONVERTED", null=True)
    paymentTerms = EnumField("COD", "NET_7", "NET_15", "NET_30", "CONSIGNMENT", "PARTIAL")
    cash_payment = models.DecimalField(max_digits=15, decimal_places=2, null=True, db_default=Decimal("0.00"))
    due_date = models.DateField(null=True)
    saleStatus = EnumField("PENDING", "PARTIAL", "PAID", "OVERDUE", "CANCELLED", null=True)
    invoice = Key("Invoice", "invoice_id", null=True)
    fulfillmentStatus = EnumField(
        "DRAFT",
        "CONFIRMED",
        "READY_FOR_PACKING",
        "PACKED",
        "SHIPPED",
        "DELIVERED",
        "RETURNED",
        "RESTOCKED",
        "RETURNED_TO_VENDOR",
        "CANCELLED",
        null=True,
        db_default="READY_FOR_PACKING",
    )
    packed_at = TimestampField(null=True)
    packed_by = Key("User", "packed_by", "orders_packed_by_users_id_fk", null=True)
    shipped_at = TimestampField(null=True)
    shipped_by = Key("User", "shipped_by", "orders_shipped_by_users_id_fk", null=True)
    pickPackStatus = EnumField("PENDING", "PICKING", "PACKED", "READY", null=True, db_default="PENDING")
    referred_by_client = Key("Client", "referred_by_client_id", "orders_referred_by_client_id_clients_id_fk", null=True)
    is_referral_order = models.BooleanField(null=True, db_default=False)
    converted_from_order = Key("self", "converted_from_order_id", "orders_converted_from_order_id_orders_id_fk", null=True)
    converted_from_sales_sheet_id = models.IntegerField(null=True)
    converted_at = TimestampField(null=True)
    confirmed_at = TimestampField(null=True)
    related_sample_request_id = models.IntegerField(null=True)
    credit_override_approved = models.BooleanField(null=True, db_default=False)
    credit_override_by = Key("User", "credit_override_by", "orders_credit_override_by_users_id_fk", null=True)
    credit_override_reason = TextField(null=True)
    credit_override_request_id = models.IntegerField(null=True)
    deleted_at = TimestampField(null=True)
    notes = TextField(null=True)
    created_by = Key("User", "created_by", "orders_created_by_users_id_fk")
    created_at = TimestampField(now=True, null=True)
    updated_at = TimestampField(now=True, on_update=True, null=True)

    class Meta:
        managed = False
        db_table = "orders"
        indexes = (
            TerpIndex("idx_client_id", "client"),
            TerpIndex("idx_converted_from_sales_sheet_id", "converted_from_sales_sheet_id"),
            TerpIndex("idx_created_at", "created_at"),
            TerpIndex("idx_fulfillment_status", "fulfillmentStatus"),
            TerpIndex("idx_is_draft", "is_draft"),
            TerpIndex("idx_orders_deleted_at", "deleted_at"),
            TerpIndex("idx_order_type", "orderType"),
            TerpIndex("idx_quote_status", "quoteStatus"),
            TerpIndex("idx_sale_status", "saleStatus"),
            TerpIndex("orders_converted_from_order_id_orders_id_fk", "converted_from_order"),
            TerpIndex("orders_created_by_users_id_fk", "created_by"),
            TerpIndex("orders_credit_override_by_users_id_fk", "credit_override_by"),
            TerpIndex("orders_intake_event_id_calendar_events_id_fk", "intake_event"),
            TerpIndex("orders_packed_by_users_id_fk", "packed_by"),
            TerpIndex("orders_referred_by_client_id_clients_id_fk", "referred_by_client"),
            TerpIndex("orders_shipped_by_users_id_fk", "shipped_by"),
        )
        constraints = (Unique("orders_order_number_unique", "order_number"),)

    def __str__(self) -> str:
        return self.order_number


class OrderLineItem(models.Model):
    """The relational twin of `orders.items`."""

    id = models.AutoField(primary_key=True)
    order = Key("Order", "order_id")
    batch = Key("Batch", "batch_id")
    product_display_name = models.CharField(max_length=255, null=True)
    quantity = models.DecimalField(max_digits=10, decimal_places=2)
    cogs_per_unit = models.DecimalField(max_digits=15, decimal_places=4)
    original_cogs_per_unit = models.DecimalField(max_digits=15, decimal_places=4)
    effective_cogs_basis = EnumField("LOW", "MID", "HIGH", "MANUAL", db_default="MANUAL")
    original_range_min = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    original_range_max = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    is_below_vendor_range = models.BooleanField(db_default=False)
    below_range_reason = TextField(null=True)
    is_cogs_overridden = models.BooleanField(db_default=False)
    cogs_override_reason = TextField(null=True)
    margin_percent = models.DecimalField(max_digits=5, decimal_places=2)
    margin_dollar = models.DecimalField(max_digits=10, decimal_places=2)
    is_margin_overridden = models.BooleanField(db_default=False)
    margin_source = EnumField("CUSTOMER_PROFILE", "DEFAULT", "MANUAL")
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)
    line_total = models.DecimalField(max_digits=10, decimal_places=2)
    is_sample = models.BooleanField(db_default=False)
    created_at = TimestampField(now=True)
    updated_at = TimestampField(now=True, on_update=True)

    class Meta:
        managed = False
        db_table = "order_line_items"
        indexes = (
            TerpIndex("idx_batch_id", "batch"),
            TerpIndex("idx_order_id", "order"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} of batch {self.batch_id} on order {self.order_id}"


class OrderLineItemAllocation(models.Model):
    """The stock allocated to a line of a confirmed order."""

    id = models.AutoField(primary_key=True)
    order_line_item = Key("OrderLineItem", "order_line_item_id")
    batch = Key("Batch", "batch_id")
    quantity_allocated = models.DecimalField(max_digits=10, decimal_places=2)
    unit_cost = models.DecimalField(max_digits=12, decimal_places=4)
    allocated_at = TimestampField(now=True)
    allocated_by = Key("User", "allocated_by", null=True)

    class Meta:
        managed = False
        db_table = "order_line_item_allocations"
        indexes = (
            TerpIndex("idx_allocations_batch", "batch"),
            TerpIndex("idx_allocations_line_item", "order_line_item"),
        )

    def __str__(self) -> str:
        return f"{self.quantity_allocated} of batch {self.batch_id} for line {self.order_line_item_id}"


class OrderStatusHistory(models.Model):
    """One step of an order's fulfilment."""

    id = models.AutoField(primary_key=True)
    order = Key("Order", "order_id", "order_status_history_order_id_orders_id_fk", "RESTRICT")
    fulfillmentStatus = EnumField(
        "DRAFT",
        "CONFIRMED",
        "READY_FOR_PACKING",
        "PACKED",
        "SHIPPED",
        "DELIVERED",
        "RETURNED",
        "RESTOCKED",
        "RETURNED_TO_VENDOR",
        "CANCELLED",
        db_default="READY_FOR_PACKING",
    )
    changed_by = Key("User", "changed_by", "order_status_history_changed_by_users_id_fk")
    changed_at = TimestampField(now=True)
    notes = TextField(null=True)
    deleted_at = TimestampField(null=True)

    class Meta:
        managed = False
        db_table = "order_status_history"
        indexes = (
            TerpIndex("idx_changed_at", "changed_at"),
            TerpIndex("idx_order_id", "order"),
            TerpIndex("order_status_history_changed_by_users_id_fk", "changed_by"),
        )

    def __str__(self) -> str:
        return f"order {self.order_id} {self.fulfillmentStatus}"
