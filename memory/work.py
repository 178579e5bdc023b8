"""A unit of work: the repositories of one person, or of the door, on one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import repositories as ports
from bot.learning.documents import Documents
from bot.people import Scope
from memory.accounts import OwnAccounts
from memory.audit import AuditLines
from memory.chores import OldRows
from memory.contacts import OwnContacts
from memory.cursors import NamedCursors
from memory.deliveries import OwnDeliveries
from memory.documents import OwnDocuments
from memory.drafts import OwnDrafts
from memory.everything import Deleted, OwnEverything
from memory.executions import OwnExecutions
from memory.facts import OwnFacts
from memory.files import OwnFiles
from memory.inbox import ArrivedMessages
from memory.installations import InstalledApps
from memory.keyring import SealedSecrets
from memory.leases import NamedLeases
from memory.meanings import Meanings
from memory.messages import OwnMessages
from memory.notes import OwnNotes
from memory.persons import LinkedPersons
from memory.profile import OwnProfile
from memory.recollection import Recollection
from memory.reminders import AllDueReminders, OwnReminders
from memory.sessions import SignedIn
from memory.suggestions import OwnSuggestions
from memory.tasks import OwnTasks
from memory.trusts import OwnTrusts
from memory.usage import OwnUsage
from memory.vault import Vault
from memory.voices import OwnVoices


class OpenWork:
    """Fulfils `bot.repositories.Work`."""

    def __init__(
        self,
        tx: AsyncConnection,
        scope: Scope,
        now: Callable[[], datetime],
        deleted: Deleted | None = None,
        meanings: Meanings | None = None,
    ) -> None:
        self.scope, self.tx = scope, tx
        recollection = Recollection(tx, scope, now, meanings)
        self.messages: ports.Messages = OwnMessages(tx, scope, recollection)
        self.suggestions: ports.Suggestions = OwnSuggestions(tx, scope)
        self.trusts: ports.Trusts = OwnTrusts(tx, scope)
        self.executions: ports.Executions = OwnExecutions(tx, scope)
        self.deliveries: ports.Deliveries = OwnDeliveries(tx, scope)
        self.profile: ports.Profile = OwnProfile(tx, scope)
        self.usage: ports.UsageLog = OwnUsage(tx, scope)
        self.audit: ports.AuditLog = AuditLines(tx, scope)
        self.tasks: ports.Tasks = OwnTasks(tx, scope)
        self.reminders: ports.Reminders = OwnReminders(tx, scope)
        self.notes: ports.Notes = OwnNotes(tx, scope, recollection)
        self.facts: ports.Facts = OwnFacts(tx, scope, recollection)
        self.contacts: ports.Contacts = OwnContacts(tx, scope)
        self.drafts: ports.Drafts = OwnDrafts(tx, scope)
        self.files: ports.Files = OwnFiles(tx, scope)
        self.documents: Documents = OwnDocuments(tx, scope, recollection)
        self.accounts: ports.Accounts = OwnAccounts(tx, scope)
        self.voices: ports.Voices = OwnVoices(tx, scope)
        self.everything: ports.Everything = OwnEverything(tx, scope, deleted)


class OpenDoor:
    """Fulfils `bot.repositories.Door`."""

    def __init__(
        self,
        tx: AsyncConnection,
        vault: Vault,
        now: Callable[[], datetime],
        deleted: Deleted | None = None,
        meanings: Meanings | None = None,
    ) -> None:
        self.tx, self._now, self._deleted, self._meanings = tx, now, deleted, meanings
        self.inbox: ports.Inbox = ArrivedMessages(tx)
        self.persons: ports.Persons = LinkedPersons(tx)
        self.due: ports.DueReminders = AllDueReminders(tx)
        self.sessions: ports.Sessions = SignedIn(tx)
        self.secrets: ports.Secrets = SealedSecrets(tx, vault)
        self.leases: ports.Leases = NamedLeases(tx)
        self.installations: ports.Installations = InstalledApps(tx, vault)
        self.cursors: ports.Cursors = NamedCursors(tx)
        self.chores: ports.Chores = OldRows(tx)

    def enter(self, scope: Scope) -> ports.Work:
        """One person's repositories inside this same transaction, once we know whose it is."""
        return OpenWork(self.tx, scope, self._now, self._deleted, self._meanings)
