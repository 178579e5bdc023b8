"""The Slack SDK behind one small class: one client for each workspace, and its errors in our words.

Of the two packages only slack-sdk is used: Bolt answers a message with 200 when its token is refused, and works on
events after it has acknowledged them, so that what it takes could be lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from adapters.chat.bounded import remember
from adapters.chat.slack.inbound import PLATFORM, Me
from bot.ports import Memory, Unsent
from bot.repositories import Installation

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from slack_sdk.web.async_client import AsyncWebClient

ROOT = "https://slack.com/api/"
CONNECT, ANSWER = 5.0, 20.0  # seconds
NAMING = 1.5  # seconds that asking for a name may take: what the name is for has only three
AT_ONCE = 32  # connections
REMEMBERED = 5_000  # names, direct conversations
REVOKED = 30.0  # seconds until a refused token is tried again
REFUSED = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired no_permission missing_scope "
    "not_allowed_token_type org_login_required ekm_access_denied access_denied team_access_not_granted".split()
)
# What Slack calls its own trouble; of these it says that part of the work may have been done all the same.
TROUBLE = frozenset(
    "internal_error fatal_error service_unavailable request_timeout ratelimited team_added_to_org".split()
)


@dataclass
class Workspace:
    """Our app in one workspace: who we are there and the client that writes there."""

    me: Me
    client: AsyncWebClient
    names: dict[str, str] = field(default_factory=dict)
    directs: dict[str, str] = field(default_factory=dict)

    async def naming(self, users: set[str]) -> Mapping[str, str]:
        """The names of these users, as far as Slack tells them in time."""
        unknown = users - self.names.keys() - {self.me.user}
        await asyncio.gather(*(self._ask_name(user) for user in unknown))
        return {user: self.names[user] for user in users if user in self.names}

    async def _ask_name(self, user: str) -> None:
        from aiohttp import ClientError
        from slack_sdk.errors import SlackApiError

        with suppress(SlackApiError, ClientError, TimeoutError):
            async with asyncio.timeout(NAMING):
                found = await self.client.users_info(user=user)
            remember(self.names, user, _name(found["user"]), REMEMBERED)

    async def direct(self, user: str) -> str:
        """The person's direct conversation with us. Raises SlackApiError."""
        if user not in self.directs:
            opened = await self.client.conversations_open(users=user)
            remember(self.directs, user, str(opened["channel"]["id"]), REMEMBERED)
        return self.directs[user]


def _name(user: Mapping[str, Any]) -> str:
    profile = user.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name") or ""
    handle = user.get("name")
    return f"{name} (@{handle})" if handle and handle != name else str(name)


class Connection:
    """`token` writes in our own workspace, those of others are kept by `memory`. Any process may write."""

    def __init__(self, token: str | None, root: str | None, memory: Memory) -> None:
        self._token, self._memory = token, memory
        self.root = (root or ROOT).rstrip("/") + "/"
        self._session: ClientSession | None = None
        self._own: Workspace | None = None
        self._others: dict[str, Workspace] = {}
        self._making = asyncio.Lock()

    async def session(self) -> ClientSession:
        async with self._making:
            if self._session is None:
                await asyncio.to_thread(_load)
                from aiohttp import ClientSession, ClientTimeout, TCPConnector

                timeout = ClientTimeout(total=ANSWER, connect=CONNECT)
                self._session = ClientSession(timeout=timeout, connector=TCPConnector(limit=AT_ONCE))
        return self._session

    async def client(self, token: str | None = None) -> AsyncWebClient:
        """Without the SDK's own second tries: it repeats a message whose answer was lost."""
        session = await self.session()
        from slack_sdk.web.async_client import AsyncWebClient

        return AsyncWebClient(token=token, base_url=self.root, session=session, retry_handlers=[])

    async def own(self) -> Workspace | None:
        """Our own workspace, None without a token of ours. Raises SlackApiError when the token is refused."""
        if self._own is None and self._token is not None:
            client = await self.client(self._token)
            about = await client.auth_test()
            me = Me(team=str(about["team_id"]), user=str(about["user_id"]), bot=str(about.get("bot_id") or ""))
            self._own = Workspace(me=me, client=client)
        return self._own

    async def workspace(self, team: str) -> Workspace:
        """Raises Unsent when we are not installed there (any more), SlackApiError when our own token is refused."""
        if self._own is not None and self._own.me.team == team:
            return self._own
        if team not in self._others:
            async with self._memory.door() as door:
                found = await door.installations.get(PLATFORM, team)
            if found is not None:
                me = Me(team=team, user=str(found.about["user"]), bot=str(found.about["bot"]))
                self._others[team] = Workspace(me=me, client=await self.client(found.token))
        if team in self._others:
            return self._others[team]
        own = await self.own()
        if own is None or own.me.team != team:
            raise Unsent(f"we are not installed in the Slack workspace {team}", again=False)
        return own

    async def install(self, installation: Installation) -> None:
        async with self._memory.door() as door:
            await door.installations.put(PLATFORM, installation)
        self._others.pop(installation.tenant, None)

    async def uninstall(self, team: str) -> None:
        async with self._memory.door() as door:
            await door.installations.remove(PLATFORM, team)
        self._others.pop(team, None)

    def doubt(self, team: str) -> None:
        """A token was refused: whatever another process keeps of the workspace now is looked up again."""
        self._others.pop(team, None)

    async def fetch(self, ref: str, limit: int) -> bytes:
        """What a file's private address holds. The token goes to Slack alone. Raises Unsent, SlackApiError, OSError."""
        team, _, address = ref.partition(" ")
        target, here = urlsplit(address), urlsplit(self.root)
        theirs = target.scheme == "https" and (target.hostname or "").endswith(".slack.com")
        if not (theirs or (target.scheme, target.netloc) == (here.scheme, here.netloc)):
            raise Unsent("that file is not kept by Slack", again=False)
        workspace = await self.workspace(team)
        session = await self.session()
        headers = {"Authorization": f"Bearer {workspace.client.token}"}
        async with session.get(address, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200 or answer.content_type == "text/html":  # its page for signing in
                raise Unsent(f"Slack does not give the file ({answer.status})", again=answer.status >= 500)
            return await _at_most(answer.content.iter_chunked(1 << 16), limit)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._session, self._own, self._others = None, None, {}


async def _at_most(chunks: Any, limit: int) -> bytes:
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) > limit:
            raise Unsent(f"the file is larger than {limit >> 20} MB", again=False)
    return bytes(found)


def _load() -> None:
    """The SDK takes a quarter of a second: loaded in a thread, and only where Slack is used."""
    import slack_sdk.web.async_client  # noqa: F401


def unsent(error: Exception) -> Unsent:
    """What an error of the SDK or of the line means for a message."""
    from aiohttp import ClientConnectorError, ConnectionTimeoutError
    from slack_sdk.errors import SlackApiError

    if isinstance(error, Unsent):
        return error
    if not isinstance(error, SlackApiError):
        before = isinstance(error, ClientConnectorError | ConnectionTimeoutError)
        return Unsent(f"Slack does not answer: {error!r}", again=True, unsure=not before)
    status, why = int(getattr(error.response, "status_code", 0) or 0), said(error)
    if status == 429 or why == "ratelimited":
        return Unsent("Slack asks for a pause", again=True, after=float(error.response.headers.get("Retry-After", 1)))
    if why in REFUSED:
        return Unsent(f"Slack refuses our token ({why})", again=True, after=REVOKED)
    trouble = status >= 500 or why in TROUBLE
    return Unsent(f"Slack says {why}", again=trouble, unsure=trouble)


def said(error: Exception) -> str:
    """Slack's own word for what is wrong, or how the line broke."""
    from slack_sdk.errors import SlackApiError

    if not isinstance(error, SlackApiError):
        return repr(error)
    data = getattr(error.response, "data", None)
    named = data.get("error") if isinstance(data, dict) else None
    return str(named or f"status {getattr(error.response, 'status_code', '?')}")
