"""Who gets in, from where, and what browsers are told: sign-in, cookies, forms, host names, limits, errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx2
import pytest
import pytest_asyncio

from bot.ports import Hook, Request, Response
from tests.web_browser import HTML, sign_in, token_in, visit
from tests.web_stage import Stage, link, stage
from web_oauth.limiter import KEYS, LocalLimiter


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def playing(module_url: str) -> AsyncIterator[Stage]:
    async def echo(request: Request) -> Response:
        if request.query.get("slow"):
            await asyncio.sleep(60)
        return Response(status=202, body=request.body, headers={"x-seen": request.headers["x-signature"]})

    hook = Hook(method="POST", path="/webhooks/echo", answer=echo)
    async with stage(module_url, hooks=[hook]) as playing:
        yield playing


@pytest_asyncio.fixture(loop_scope="session")
async def client(playing: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=playing.url, timeout=10) as client:
        yield client


async def test_a_link_signs_in_once(playing: Stage, client: httpx2.AsyncClient) -> None:
    address = urlsplit(await link(playing))
    page = await client.get(f"{address.path}?{address.query}", headers=HTML)
    assert "Sign in" in page.text
    form = {"csrf": token_in(page.text), "code": address.query.removeprefix("code=")}
    first = await client.post("/link", data=form, headers=HTML)
    assert (first.status_code, first.headers["location"]) == (303, "/chat")
    assert (await client.get("/chat", headers=HTML)).status_code == 200
    async with httpx2.AsyncClient(base_url=playing.url) as other:
        page = await other.get(f"{address.path}?{address.query}", headers=HTML)
        second = await other.post("/link", data=form | {"csrf": token_in(page.text)}, headers=HTML)
        assert second.status_code == 403
        assert "aurelius link" in second.text


async def test_looking_at_a_link_does_not_spend_it(playing: Stage, client: httpx2.AsyncClient) -> None:
    address = await link(playing)
    for _ in range(3):
        async with httpx2.AsyncClient() as preview:
            assert (await preview.get(address)).status_code == 200
    assert (await sign_in(client, playing)).status_code == 303


async def test_the_session_cookie_on_plain_http_is_http_only_and_lax(
    playing: Stage, client: httpx2.AsyncClient
) -> None:
    cookie = (await sign_in(client, playing)).headers.get_list("set-cookie")[0].lower()
    assert cookie.startswith("aurelius=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie


async def test_behind_https_the_cookie_is_bound_to_our_host(database_url_https: Stage) -> None:
    headers = {"host": "aurelius.example", **HTML}
    async with httpx2.AsyncClient(base_url=database_url_https.url) as client:
        page = await client.get("/link?code=x", headers=headers)
        cookie = page.headers["set-cookie"]
        assert cookie.startswith("__Host-aurelius-visit=")
        assert "Secure" in cookie
        assert "max-age" in page.headers["strict-transport-security"]


@pytest_asyncio.fixture(loop_scope="session")
async def database_url_https(migrated_url: str) -> AsyncIterator[Stage]:
    async with stage(migrated_url, public_url="https://aurelius.example") as playing:
        yield playing


async def test_signing_out_ends_the_session(playing: Stage) -> None:
    async with visit(playing) as client:
        session = client.cookies["aurelius"]
        assert (await client.post("/sign-out")).status_code == 303
        client.cookies.set("aurelius", session)
        assert (await client.get("/chat/messages")).status_code == 401


async def test_without_a_session_pages_lead_home_and_scripts_are_refused(client: httpx2.AsyncClient) -> None:
    page = await client.get("/chat", headers=HTML)
    assert (page.status_code, page.headers["location"]) == (303, "/")
    refused = await client.get("/chat/messages", headers={"accept": "application/json"})
    assert refused.status_code == 401
    assert "aurelius link" in refused.json()["advice"]


async def test_a_made_up_session_is_nobody(client: httpx2.AsyncClient) -> None:
    client.cookies.set("aurelius", "x" * 43)
    assert (await client.get("/chat/messages")).status_code == 401


@pytest.mark.parametrize("token", [None, "", "0" * 64, "ä"])
async def test_nothing_changes_without_the_form_token(playing: Stage, token: str | None) -> None:
    async with visit(playing) as client:
        del client.headers["x-csrf-token"]
        for path in ("/chat/stop", "/settings/you", "/settings/delete", "/sign-out", "/chat/press"):
            data = {} if token is None else {"csrf": token}
            assert (await client.post(path, data=data)).status_code == 403, path
        assert (await client.get("/chat/messages")).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_form_on_another_site_is_refused_even_with_a_token(playing: Stage, origin: str) -> None:
    async with visit(playing) as client:
        answer = await client.post("/chat/stop", json={"delivery": "d" * 8}, headers={"origin": origin})
        assert answer.status_code == 403


async def test_our_own_origin_is_welcome(playing: Stage) -> None:
    async with visit(playing) as client:
        answer = await client.post("/chat/stop", json={"delivery": "own-origin"}, headers={"origin": playing.url})
        assert answer.status_code == 202


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5", "[bad", ""])
async def test_only_our_own_names_are_answered(client: httpx2.AsyncClient, host: str) -> None:
    answer = await client.get("/", headers={"host": host, **HTML})
    assert answer.status_code in (400, 421)
    assert "Sign in" not in answer.text


async def test_localhost_is_one_of_our_names(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/", headers={"host": "LOCALHOST:9", **HTML})).status_code == 200


async def test_a_phone_in_the_home_network_gets_in_only_when_that_is_set(migrated_url: str) -> None:
    async with stage(migrated_url, allow_plain_lan=True) as open_house, httpx2.AsyncClient() as client:
        lan = await client.get(open_house.url, headers={"host": "192.168.1.5:8765", **HTML})
        public = await client.get(open_house.url, headers={"host": "8.8.8.8", **HTML})
        name = await client.get(open_house.url, headers={"host": "evil.example", **HTML})
    assert [lan.status_code, public.status_code, name.status_code] == [200, 421, 421]


@pytest.mark.parametrize("path", ["/", "/chat", "/nothing", "/static/style.css", "/healthz", "/link?code=x"])
async def test_every_answer_tells_the_browser_what_it_must_not_do(client: httpx2.AsyncClient, path: str) -> None:
    headers = (await client.get(path, headers=HTML)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_no_page_holds_inline_script_or_style(playing: Stage) -> None:
    async with visit(playing) as client:
        for path in ("/", "/chat", "/settings", "/conversations", "/nothing", "/link?code=x"):
            text = (await client.get(path, headers=HTML)).text.lower()
            assert "<style" not in text, path
            assert " style=" not in text, path
            assert " onclick" not in text, path
            assert text.count("<script") == text.count('<script type="module" src="/static/'), path


async def test_a_link_code_cannot_inject(client: httpx2.AsyncClient) -> None:
    page = await client.get('/link?code="><script>alert(1)</script>', headers=HTML)
    assert "<script>" not in page.text


async def test_six_tries_to_sign_in_are_too_many(migrated_url: str) -> None:
    async with stage(migrated_url) as fresh, httpx2.AsyncClient(base_url=fresh.url) as client:
        page = await client.get("/link?code=wrong", headers=HTML)
        form = {"csrf": token_in(page.text), "code": "wrong"}
        statuses = [(await client.post("/link", data=form, headers=HTML)).status_code for _ in range(6)]
    assert statuses == [403] * 5 + [429]


async def test_a_person_who_asks_too_often_is_told_to_wait(migrated_url: str) -> None:
    async with stage(migrated_url, requests_per_minute=5) as small, visit(small) as client:
        answers = [await client.get("/chat/messages") for _ in range(6)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_body_beyond_the_limit_is_refused_with_and_without_a_length(playing: Stage) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    async with visit(playing) as client:
        assert (await client.post("/chat/press", content=b"x" * 1_200_000)).status_code == 413
        assert (await client.post("/chat/press", content=endless())).status_code == 413


async def test_an_unknown_page_says_what_to_do(client: httpx2.AsyncClient) -> None:
    page = await client.get("/nothing", headers=HTML)
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert (await client.get("/nothing")).json()["error"] == "There is nothing here"


async def test_a_hook_gets_the_raw_body_and_answers(client: httpx2.AsyncClient) -> None:
    raw = b'{"a":  1}\n'
    answer = await client.post("/webhooks/echo", content=raw, headers={"X-Signature": "s"})
    assert (answer.status_code, answer.content, answer.headers["x-seen"]) == (202, raw, "s")


async def test_a_hook_that_hangs_is_given_up(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web_oauth.hooks.SECONDS", 0.05)
    answer = await client.post("/webhooks/echo?slow=1", headers={"x-signature": "s"})
    assert answer.status_code == 503


async def test_health_is_told_to_machines(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"host": "10.0.0.7"})).text == "ok\n"
    assert (await client.get("/readyz")).json() == {"ready": True, "parts": {"database": True}}


async def test_what_does_not_work_is_not_ready(migrated_url: str) -> None:
    async def broken() -> dict[str, bool]:
        return {"database": True, "engine": False}

    async with stage(migrated_url, ready=broken) as ill, httpx2.AsyncClient() as client:
        answer = await client.get(f"{ill.url}/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["engine"] is False


async def test_figures_are_for_this_machine_alone(client: httpx2.AsyncClient) -> None:
    await client.get("/conversations/messages/some-secret-id")
    await client.request("MADEUP", "/")
    here = await client.get("/metrics")
    assert 'aurelius_http_requests_total{method="GET",route="/conversations/messages/{message}"' in here.text
    assert "some-secret-id" not in here.text
    assert "MADEUP" not in here.text
    assert (await client.get("/metrics", headers={"x-forwarded-for": "1.2.3.4"})).status_code == 403


def test_the_limiter_slides_looks_and_forgets_the_quiet() -> None:
    now = 0.0
    limiter = LocalLimiter(lambda: now)
    assert [limiter.wait("a", 2, 10) for _ in range(2)] == [0.0, 0.0]
    now = 4.0
    assert limiter.wait("a", 2, 10) == 6.0
    assert limiter.wait("b", 1, 10, uses=0) == limiter.wait("b", 1, 10) == 0.0
    now = 10.5
    assert limiter.wait("a", 2, 10) == 0.0
    for number in range(KEYS):
        limiter.wait(f"other {number}", 1, 10)
    assert len(limiter._uses) == KEYS
