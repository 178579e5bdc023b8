"""Further workspaces install our app by themselves: Slack's OAuth, ended on a plain page.

https://docs.slack.dev/authentication/installing-with-oauth. The state is bound to the browser by a cookie, signed,
good for ten minutes and once; the code is worth one exchange, which Slack sees to.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode

import structlog

from adapters.chat.bounded import remember
from adapters.chat.slack.connection import Connection, said
from bot.ports import Hook, Request, Response
from bot.repositories import Installation

INSTALL, BACK = "/slack/install", "/slack/oauth_redirect"
COOKIE = "aurelius_slack_state"
GOOD_FOR = 600  # seconds
USED = 10_000  # states remembered
# What each is for stands in docs.slack.dev/reference/scopes.
SCOPES = tuple(
    "app_mentions:read channels:history chat:write commands files:read files:write groups:history im:history im:write "
    "mpim:history reactions:read users:read".split()
)
log = structlog.get_logger()


class Install:
    def __init__(self, connection: Connection, client_id: str, client_secret: str, public_url: str) -> None:
        self._connection, self._client_id, self._client_secret = connection, client_id, client_secret
        self._public_url = public_url.rstrip("/")
        self._used: dict[str, None] = {}

    def hooks(self) -> Sequence[Hook]:
        return (
            Hook(method="GET", path=INSTALL, answer=self._begin),
            Hook(method="GET", path=BACK, answer=self._end),
        )

    async def _begin(self, request: Request) -> Response:
        state = self._state()
        asked = {"client_id": self._client_id, "scope": ",".join(SCOPES), "state": state} | self._redirect()
        address = f"{self._connection.root.removesuffix('api/')}oauth/v2/authorize?{urlencode(asked)}"
        return Response(status=302, headers={"location": address, "set-cookie": self._cookie(state, GOOD_FOR)})

    async def _end(self, request: Request) -> Response:
        state, asked = request.query.get("state", ""), request.query
        if not self._is_ours(state, _cookie_of(request)):
            return self._page(400, "This link is too old, was used before, or belongs to another browser.")
        remember(self._used, state, None, USED)
        if asked.get("error") or not asked.get("code"):
            return self._page(400, f"Slack did not let us in ({asked.get('error', 'no code')}).")
        return await self._exchange(asked["code"])

    async def _exchange(self, code: str) -> Response:
        from aiohttp import ClientError
        from slack_sdk.errors import SlackApiError

        client = await self._connection.client()
        asked = {"client_id": self._client_id, "client_secret": self._client_secret, "code": code} | self._redirect()
        try:
            got = await client.api_call("oauth.v2.access", data=asked)
            team, token = got.get("team") or {}, str(got["access_token"])
            about = await client.auth_test(token=token)
        except (SlackApiError, ClientError, TimeoutError) as error:
            log.warning("slack_install_failed", why=said(error))
            return self._page(400, f"Slack did not accept the request ({said(error)}).")
        if not team.get("id"):
            return self._page(400, "Installing for a whole organisation is not supported: choose one workspace.")
        kept = {"user": str(got["bot_user_id"]), "bot": str(about.get("bot_id") or ""), "name": str(team.get("name"))}
        await self._connection.install(Installation(tenant=str(team["id"]), token=token, about=kept))
        log.info("slack_installed", team=team["id"])
        return self._page(
            200, f"Aurelius is now in {team.get('name') or 'your workspace'}. Open it there and say hello."
        )

    def _redirect(self) -> dict[str, str]:
        return {"redirect_uri": f"{self._public_url}{BACK}"} if self._public_url else {}

    def _state(self) -> str:
        body = f"{int(time.time())}.{secrets.token_urlsafe(16)}"
        return f"{body}.{self._sign(body)}"

    def _sign(self, body: str) -> str:
        return hmac.new(self._client_secret.encode(), f"slack install {body}".encode(), hashlib.sha256).hexdigest()

    def _is_ours(self, state: str, cookie: str) -> bool:
        body, _, signature = state.rpartition(".")
        made = body.partition(".")[0]
        right = hmac.compare_digest(signature.encode(), self._sign(body).encode())
        bound = hmac.compare_digest(state.encode(), cookie.encode())
        return right and bound and state not in self._used and 0 <= time.time() - int(made) <= GOOD_FOR

    def _cookie(self, value: str, age: int) -> str:
        secure = "; Secure" if self._public_url.startswith("https://") else ""
        return f"{COOKIE}={value}; Max-Age={age}; Path=/slack; HttpOnly; SameSite=Lax{secure}"

    def _page(self, status: int, words: str) -> Response:
        again = "" if status == 200 else f'<p><a href="{INSTALL}">Try again</a></p>'
        body = f'<!doctype html><html lang="en"><title>Aurelius in Slack</title><p>{escape(words)}</p>{again}'
        headers = {
            "content-type": "text/html; charset=utf-8",
            "set-cookie": self._cookie("", 0),
            "cache-control": "no-store",
        }
        return Response(status=status, body=body.encode(), headers=headers)


def _cookie_of(request: Request) -> str:
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def hooks_for(
    connection: Connection, client_id: str | None, client_secret: str | None, public_url: str
) -> Callable[[], Sequence[Hook]]:
    """No hooks without both of the app's own credentials."""
    if not client_id or not client_secret:
        return tuple
    return Install(connection, client_id, client_secret, public_url).hooks
