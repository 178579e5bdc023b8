"""All our tables. Every row that belongs to a person says so (`org_id`, `user_id`) and goes when that person goes."""

from memory.tables.belongings import contacts, drafts, facts, files, forgotten, notes, reminders, tasks
from memory.tables.parts import MOST_BYTES, metadata
from memory.tables.people import leases, link_codes, orgs, persons, secrets, sessions, sign_in_links, users, wrong_codes
from memory.tables.talk import (
    audit,
    conversations,
    deliveries,
    events,
    executions,
    inbound,
    messages,
    suggestion_revisions,
    suggestions,
    trusts,
    usage,
)

__all__ = [
    "MOST_BYTES",
    "audit",
    "contacts",
    "conversations",
    "deliveries",
    "drafts",
    "events",
    "executions",
    "facts",
    "files",
    "forgotten",
    "inbound",
    "leases",
    "link_codes",
    "messages",
    "metadata",
    "notes",
    "orgs",
    "persons",
    "reminders",
    "secrets",
    "sessions",
    "sign_in_links",
    "suggestion_revisions",
    "suggestions",
    "tasks",
    "trusts",
    "usage",
    "users",
    "wrong_codes",
]
