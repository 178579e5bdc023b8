"""OAuth as Slack does it: the page that asks, the code, its exchange for a token."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from lab.slack.refusal import Refusal
from lab.slack.world import SCOPES, Json, World


def page(world: World, asked: Mapping[str, str]) -> tuple[int, str]:
    """The page on which somebody lets the app into a workspace, or does not."""
    if asked.get("client_id") != world.client_id:
        return 400, "Invalid client_id parameter"
    if not asked.get("scope") or not set(asked["scope"].split(",")) <= set(SCOPES):
        return 400, "Invalid permissions requested"
    choices = "".join(
        f'<p><a href="/oauth/v2/{answer}?{escape(_with(asked, team.id))}">{answer} {team.name}</a></p>'
        for team in world.teams.values()
        for answer in ("allow", "deny")
    )
    return 200, f"<!doctype html><title>Slack</title><h1>Aurelius wants to be let in</h1>{choices}"


def _with(asked: Mapping[str, str], team: str) -> str:
    return urlencode(dict(asked) | {"team": team})


def decided(world: World, answer: str, asked: Mapping[str, str]) -> str:
    """Where the browser is sent."""
    back: Json = {"state": asked.get("state", "")}
    if answer == "allow":
        code = secrets.token_urlsafe(24)
        team = world.teams[asked["team"]]
        world.codes[code] = {"team": team.id, "redirect_uri": asked.get("redirect_uri"), "scope": asked["scope"]}
        back["code"] = code
    else:
        back["error"] = "access_denied"
    return f"{asked['redirect_uri']}?{urlencode(back)}"


async def access(world: World, given: Mapping[str, Any]) -> Json:
    """A code is worth one token."""
    if given.get("client_id") != world.client_id:
        raise Refusal("invalid_client_id")
    if given.get("client_secret") != world.client_secret:
        raise Refusal("bad_client_secret")
    known = world.codes.get(str(given.get("code") or ""))
    if known is None:
        raise Refusal("invalid_code")
    if known.get("used"):
        raise Refusal("code_already_used")
    if given.get("redirect_uri") != known["redirect_uri"]:
        raise Refusal("bad_redirect_uri")
    known["used"] = True
    team = world.teams[known["team"]]
    team.installed, team.valid, team.scopes = True, True, known["scope"].split(",")
    if team is not world.home:
        team.token = f"xoxb-lab-{team.id}-{secrets.token_hex(8)}"
    return {
        "access_token": team.token,
        "token_type": "bot",
        "scope": known["scope"],
        "bot_user_id": team.bot_user,
        "app_id": "A0LAB",
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": "U0ADMIN"},
    }
