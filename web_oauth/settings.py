"""The settings page: name and time zone, the Claude key, all my data, sign out."""

from __future__ import annotations

import json
from dataclasses import replace
from zoneinfo import ZoneInfo, available_timezones

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.people import User
from web_oauth.needs import Needs, key_news
from web_oauth.pages import page
from web_oauth.problem import Problem
from web_oauth.session import SESSION, Visitor, needs_of, set_cookie, signed_in

LONGEST_NAME, LONGEST_KEY = 80, 400  # characters
SAVED = {"you": "Saved.", "key": "The key works and is in use from now on.", "key-removed": "The key is removed."}


async def show_settings(request: Request, who: Visitor) -> Response:
    return await _page(request, who, note=SAVED.get(request.query_params.get("saved", ""), ""))


async def _page(request: Request, who: Visitor, *, note: str = "", problem: str = "", status: int = 200) -> Response:
    needs = needs_of(request)
    async with needs.memory.door() as door:
        has_key = bool(await door.secrets.get(who.user.scope, needs.key_name))
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc", "System")))
    values = {"user": who.user, "zones": zones, "has_key": has_key, "note": note, "problem": problem, "csrf": who.csrf}
    return page("settings.html", values, status=status)


async def save_you(request: Request, who: Visitor) -> Response:
    form = await request.form()
    name = str(form.get("name", who.user.name)).strip()
    zone = str(form.get("zone", who.user.zone or "")).strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        return await _page(request, who, problem=f"A name has 1 to {LONGEST_NAME} characters.", status=400)
    if zone and not _is_zone(zone):
        return await _page(
            request, who, problem=f"“{zone}” is no time zone that I know. Pick one from the list.", status=400
        )
    await _change(needs_of(request), replace(who.user, name=name, zone=zone or None))
    return RedirectResponse("/settings?saved=you", 303)


def _is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # an unknown name, a path, a folder
        return False
    return True


async def _change(needs: Needs, user: User) -> None:
    async with needs.memory.work(user.scope) as work:
        await work.profile.put(user)


async def save_key(request: Request, who: Visitor) -> Response:
    """Checked with the vendor first; a key that does not work is not kept."""
    key = str((await request.form()).get("key", "")).strip()
    if not 10 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        return await _page(request, who, problem="This does not look like a Claude key (sk-ant-…).", status=400)
    needs = needs_of(request)
    why_not = await needs.use_key(key)
    if why_not is not None:
        return await _page(request, who, problem=f"This key does not work: {why_not}", status=400)
    async with needs.memory.door() as door:
        await door.secrets.put(who.user.scope, needs.key_name, key)
    await needs.bus.publish(key_news(needs.key_name), {})
    return RedirectResponse("/settings?saved=key", 303)


async def remove_key(request: Request, who: Visitor) -> Response:
    needs = needs_of(request)
    async with needs.memory.door() as door:
        await door.secrets.remove(who.user.scope, needs.key_name)
    await needs.use_key("")
    await needs.bus.publish(key_news(needs.key_name), {})
    return RedirectResponse("/settings?saved=key-removed", 303)


async def export(request: Request, who: Visitor) -> Response:
    needs = needs_of(request)
    async with needs.memory.work(who.user.scope) as work:
        everything = await work.everything.export()
    headers = {"content-disposition": f'attachment; filename="aurelius-{needs.clock.now():%Y-%m-%d}.json"'}
    body = json.dumps(everything, ensure_ascii=False, indent=1)
    return Response(body, media_type="application/json", headers=headers)


async def delete_everything(request: Request, who: Visitor) -> Response:
    if str((await request.form()).get("confirm", "")).strip() != "DELETE":
        return await _page(request, who, problem="Nothing was deleted. Type DELETE in capitals to confirm.", status=400)
    needs = needs_of(request)
    async with needs.memory.work(who.user.scope) as work:
        await work.everything.delete()
    async with needs.memory.door() as door:
        await door.sessions.close(who.session)
    response = RedirectResponse("/?deleted=1", 303)
    set_cookie(request, response, SESSION, "", 0)
    return response


async def use_zone(request: Request, who: Visitor) -> Response:
    """The chat page offers the browser's own zone while we know none."""
    zone = str((await request.form()).get("zone", ""))
    if not zone or not _is_zone(zone):
        raise Problem(400, advice="This is no time zone that I know.")
    await _change(needs_of(request), replace(who.user, zone=zone))
    return Response(status_code=204)


def routes() -> list[Route]:
    return [
        Route("/settings", signed_in(show_settings), methods=["GET"]),
        Route("/settings/you", signed_in(save_you), methods=["POST"]),
        Route("/settings/zone", signed_in(use_zone), methods=["POST"]),
        Route("/settings/key", signed_in(save_key), methods=["POST"]),
        Route("/settings/key/remove", signed_in(remove_key), methods=["POST"]),
        Route("/settings/export", signed_in(export), methods=["GET"]),
        Route("/settings/delete", signed_in(delete_everything), methods=["POST"]),
    ]
