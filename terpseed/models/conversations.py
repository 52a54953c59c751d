"""What happened to clients, and what was said with them and about them."""

from __future__ import annotations

from django.db import models

from .fields import EnumField, Key, ReferencingJSONField, TerpIndex, TextField, TimestampField, TypedReferenceField, Unique


class ClientActivity(models.Model):
    """Something that happened to a client."""

    id = models.AutoField(primary_key=True)
    client = Key("Client", "client_id", "client_activity_client_id_clients_id_fk", "CASCADE")
    user = Key("User", "user_id", "client_activity_user_id_users_id_fk", "CASCADE")
    activity_type = EnumField(
        "CREATED", "UPDATED", "TRANSACTION_ADDED", "PAYMENT_RECORDED", "NOTE_ADDED", "TAG_ADDED", "TAG_REMOVED"
    )
    metadata = ReferencingJSONField(targets={"transactionId": "terpseed.ClientTransaction"}, null=True)
    created_at = TimestampField(now=True, null=True)

    class Meta:
        managed = False
        db_table = "client_activity"
        indexes = (
            TerpIndex("client_activity_user_id_users_id_fk", "user"),
            TerpIndex("idx_client_id", "client"),
        )

    def __str__(self) -> str:
        return f"{self.activity_type} of client {self.client_id}"


class ClientCommunication(models.Model):
    """A call, an e-mail, a meeting or a note."""

    id = models.AutoField(primary_key=True)
    client = Key("Client", "client_id", "client_communications_client_id_clients_id_fk", "CASCADE")
    communicationType = EnumField("CALL", "EMAIL", "MEETING", "NOTE")
    subject = models.CharField(max_length=255)
    notes = TextField(null=True)
    communicated_at = TimestampField()
    logged_by = Key("User", "logged_by", "client_communications_logged_by_users_id_fk")
    created_at = TimestampField(now=True)

    class Meta:
        managed = False
        db_table = "client_communications"
        indexes = (
            TerpIndex("client_communications_logged_by_users_id_fk", "logged_by"),
            TerpIndex("idx_client_id", "client"),
            TerpIndex("idx_communicated_at", "communicated_at"),
            TerpIndex("idx_type", "communicationType"),
        )

    def __str__(self) -> str:
        return f"{self.communicationType} with client {self.client_id}"


class FreeformNote(models.Model):
    """A note in rich text."""

    id = models.AutoField(primary_key=True)
    user = Key("User", "userId", "freeform_notes_userId_users_id_fk", "CASCADE")
    deleted_at = TimestampField(null=True)
    title = models.CharField(max_length=500, db_default="Untitled Note")
    content = models.JSONField(null=True)
    templateType = models.CharField(max_length=100, null=True)
    tags = models.JSONField(null=True)
    isPinned = models.BooleanField(db_default=False)
    isArchived = models.BooleanField(db_default=False)
    sharedWith = models.JSONField(null=True)
    createdAt = TimestampField(now=True)
    updatedAt = TimestampField(now=True, on_update=True)
    lastViewedAt = TimestampField(null=True)

    class Meta:
        managed = False
        db_table = "freeform_notes"
        indexes = (TerpIndex("freeform_notes_userId_users_id_fk", "user"),)

    def __str__(self) -> str:
        return self.title


class ClientNote(models.Model):
    """The note that belongs to a client."""

    id = models.AutoField(primary_key=True)
    client = Key("Client", "client_id", "client_notes_client_id_clients_id_fk", "CASCADE")
    note = Key("FreeformNote", "note_id", "client_notes_note_id_freeform_notes_id_fk", "CASCADE")
    created_at = TimestampField(now=True, null=True)

    class Meta:
        managed = False
        db_table = "client_notes"
        indexes = (TerpIndex("client_notes_note_id_freeform_notes_id_fk", "note"),)
        constraints = (Unique("unique_client_note", "client", "note"),)

    def __str__(self) -> str:
        return f"note {self.note_id} on client {self.client_id}"


class Comment(models.Model):
    """What somebody has written under a client or a batch."""

    id = models.AutoField(primary_key=True)
    commentable_type = models.CharField(max_length=50)
    commentable_id = TypedReferenceField(
        kind="commentable_type", targets={"client": "terpseed.Client", "inventory_batch": "terpseed.Batch"}
    )
    user = Key("User", "user_id", "comments_user_id_users_id_fk", "CASCADE")
    content = TextField()
    is_resolved = models.BooleanField(db_default=False)
    resolved_at = TimestampField(null=True)
    resolved_by = Key("User", "resolved_by", "comments_resolved_by_users_id_fk", "SET NULL", null=True)
    created_at = TimestampField(now=True)
    updated_at = TimestampField(now=True, on_update=True)
    deleted_at = TimestampField(null=True)

    class Meta:
        managed = False
        db_table = "comments"
        indexes = (
            TerpIndex("comments_resolved_by_users_id_fk", "resolved_by"),
            TerpIndex("idx_commentable", "commentable_type", "commentable_id"),
            TerpIndex("idx_created_at", "created_at"),
            TerpIndex("idx_is_resolved", "is_resolved"),
            TerpIndex("idx_user_id", "user"),
        )

    def __str__(self) -> str:
        return f"comment on {self.commentable_type} {self.commentable_id}"
