"""What was said and what came of it: arrivals, conversations, cards, executions, deliveries, costs, the log."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from bot.model import Tier
from bot.records import Author, DeliveryState, InboundState
from bot.suggestion import State
from bot.trigger import Why
from memory.columns import Id, Json, Moment, Words
from memory.tables.parts import (
    NOW,
    UNSEEN,
    json,
    made,
    metadata,
    needed,
    one_of,
    owned,
    row_id,
    words,
)

inbound = Table(
    "inbound",
    metadata,
    row_id(),
    needed("platform", Words()),
    needed("tenant", Words()),
    needed("delivery", Words()),
    needed("conversation", Words()),
    needed("sender", Words()),
    needed("kind", Words()),
    *json("payload"),
    needed("state", Words()),
    Column("turn", Id()),
    needed("received_at", Moment),
    UniqueConstraint("platform", "tenant", "delivery"),
    one_of("state", InboundState),
    Index("inbound_waiting", "conversation", "id", postgresql_where=text("state IN ('received', 'working')")),
    Index("inbound_sender", "platform", "tenant", "sender"),
    Index("inbound_received_at", "received_at"),
)

conversations = owned(
    "conversations",
    Column("key", Words(), primary_key=True),
    *words("title"),
    needed("seq", BigInteger()),
    needed("learned", BigInteger(), server_default=text("0"), info=UNSEEN),  # up to which position
    needed("last_at", Moment),
    keyed=True,
)

messages = owned(
    "messages",
    row_id(),
    needed("conversation", Words()),
    needed("position", BigInteger()),  # its first `seq`: where it stands for ever
    needed("seq", BigInteger()),
    needed("author", Words()),
    *words("text"),
    needed("sent_at", Moment),
    *json("choices", "files", "actions"),
    Column("suggestion", Id()),
    Column("asks", Id()),
    needed("state", Words()),
    needed("outside", Boolean()),
    one_of("author", Author),
    UniqueConstraint("user_id", "conversation", "seq"),
    Index("messages_position", "user_id", "conversation", "position"),
    Index("messages_suggestion", "suggestion", postgresql_where=text("suggestion IS NOT NULL")),
    Index("messages_sent_at", "user_id", "sent_at"),
)

suggestions = owned(
    "suggestions",
    row_id(),
    needed("revision", Integer()),
    needed("trigger", Words()),
    *words("title"),
    *json("steps"),
    needed("risk", SmallInteger()),
    needed("state", Words()),
    needed("digest", Words()),
    needed("nonce", Words(), info=UNSEEN),
    needed("created_at", Moment),
    needed("expires_at", Moment),
    *words("why"),
    *json("evidence", "alternatives"),
    *words("impact"),
    needed("confidence", SmallInteger()),
    *json("undo"),
    Column("undo_until", Moment),
    *words("result"),
    needed("failed", Boolean()),
    *words("pressed"),
    one_of("state", State),
    one_of("trigger", Why),
    CheckConstraint("risk BETWEEN 0 AND 4", name="risk"),
    CheckConstraint("confidence BETWEEN 0 AND 100", name="confidence"),
    Index("suggestions_state", "user_id", "state"),
)

suggestion_revisions = owned(
    "suggestion_revisions",
    Column("nonce", Words(), primary_key=True, info=UNSEEN),
    needed("suggestion", Id()),
    needed("revision", Integer()),
    *json("steps"),
    needed("digest", Words()),
    made(),
    ForeignKeyConstraint(["suggestion"], ["suggestions.id"], ondelete="CASCADE"),
    UniqueConstraint("suggestion", "revision"),
    Index("suggestion_revisions_owner", "user_id"),
)

trusts = owned(
    "trusts",
    row_id(),
    needed("action", Words()),
    Column("account", Words()),
    *json("targets"),
    needed("until", Moment),
    needed("never", Boolean()),
    Column("at_most", Json),
    needed("used", Integer()),
    made(),
    Index("trusts_owner", "user_id"),
)

executions = owned(
    "executions",
    Column("key", Words(), primary_key=True),
    needed("action", Words()),
    Column("outcome", Json, info=UNSEEN),  # none while it runs; what the person saw of it stands in the messages
    needed("began_at", Moment, server_default=NOW),
    Column("ended_at", Moment),
    keyed=True,
)

deliveries = owned(
    "deliveries",
    Column("message", Words(), primary_key=True),
    Column("address", Words(), primary_key=True),
    needed("state", Words()),
    Column("ref", Words()),
    needed("revision", Integer()),
    needed("changed_at", Moment, server_default=NOW),
    one_of("state", DeliveryState),
    Index("deliveries_changed_at", "changed_at"),
    Index("deliveries_address", "address"),
    keyed=True,
)

usage = owned(
    "usage",
    row_id(),
    needed("at", Moment),
    needed("purpose", Words()),
    needed("model", Words()),
    needed("tier", Words()),
    needed("input_tokens", BigInteger()),
    needed("output_tokens", BigInteger()),
    needed("cache_read_tokens", BigInteger()),
    needed("cache_write_tokens", BigInteger()),
    needed("dollars", Double()),
    needed("seconds", Double()),
    one_of("tier", Tier),
    Index("usage_at", "user_id", "at"),
)

# Bound to nobody by a key: that everything was deleted is itself a line here. A trigger refuses changes and deletions.
audit = Table(
    "audit",
    metadata,
    row_id(),
    needed("org_id", Id()),
    needed("user_id", Id()),
    needed("at", Moment),
    needed("kind", Words()),
    needed("about", Json),
    Index("audit_at", "user_id", "at"),
)

events = owned(
    "events",
    row_id(),
    needed("kind", Words()),
    *words("subject"),
    needed("at", Moment),
    Column("payload", Json),
    Index("events_of", "user_id", "kind", "at"),
    Index("events_at", "at"),
)
