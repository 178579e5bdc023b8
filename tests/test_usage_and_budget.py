"""Prices, usage rows and budgets: what a call costs, that each is written down, and that limits bite before it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from adapters.model import MODELS, Connection, connect
from adapters.model.budget import begins
from adapters.model.prices import Tokens, cost
from adapters.model.request import estimated_tokens, to_request
from bot.model import ModelDown, OverBudget, Picture, Prompt, Said, Tier, Usage
from bot.people import Scope, User
from bot.records import Spend
from tests.stand_ins.messages_api import KEY, Fault, MessagesApi, messages_api, text

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
ANN = User(id="ann", org="org", name="Ann", zone="Europe/Berlin")
TODAY = date(2026, 11, 20)


@dataclass
class Books:
    """A hand-written Memory with one person's profile and usage rows, and a clock."""

    user: User = ANN
    rows: list[tuple[str, Usage, datetime]] = field(default_factory=list)
    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    @asynccontextmanager
    async def work(self, scope: Scope) -> AsyncIterator[Any]:
        assert scope == self.user.scope
        await asyncio.sleep(0)  # other calls get their turn, as with a database
        yield SimpleNamespace(profile=self, usage=self)

    async def get(self) -> User:
        return self.user

    async def add(self, purpose: str, usage: Usage, at: datetime) -> None:
        self.rows.append((purpose, usage, at))

    async def since(self, moment: datetime) -> Spend:
        dollars = [usage.dollars for _, usage, at in self.rows if at >= moment]
        return Spend(dollars=sum(dollars), calls=len(dollars), input_tokens=0, output_tokens=0)

    def spend(self, dollars: float, at: datetime = NOW) -> None:
        zero = {"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0, "seconds": 0.0}
        self.rows.append(("turn", Usage(model="m", tier=Tier.FAST, dollars=dollars, **zero), at))  # type: ignore[arg-type]


def prompt(tier: Tier = Tier.STANDARD, **more: Any) -> Prompt:
    said = (Said(role="user", texts=("hi",)),)
    return Prompt(purpose="turn", tier=tier, system="You are Aurelius.", messages=said, **more)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[MessagesApi]:
    async with messages_api() as running:
        yield running


@pytest.fixture
def api(server: MessagesApi) -> MessagesApi:
    server.reset()
    return server


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def warnings() -> list[tuple[str, float]]:
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def model(api: MessagesApi, books: Books, warnings: list[tuple[str, float]]) -> AsyncIterator[Connection]:
    async def warn(scope: Scope, period: str, share: float) -> None:
        warnings.append((period, share))

    made = Connection(memory=books, clock=books, api_key=KEY, base_url=api.url, warn=warn)  # type: ignore[arg-type]
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("name", "tokens", "dollars"),
    [
        ("claude-sonnet-5-5", Tokens(input=1_000_000), 2.0),
        ("claude-sonnet-5-5", Tokens(output=1_000_000), 10.0),
        ("claude-sonnet-5-5", Tokens(cache_write=1_000_000), 2.5),
        ("claude-sonnet-5-5", Tokens(cache_read=1_000_000), 0.1),
        ("claude-opus-5-5", Tokens(input=1_000_000, output=1_000_000), 24.0),
        ("claude-haiku-5-5", Tokens(input=100_000, output=10_000), 0.015),
        ("claude-haiku-5-5", Tokens(input=100_001, output=10_000), 0.0750005),  # the whole request pays the higher band
        ("claude-haiku-5-5", Tokens(input=1, cache_read=100_000), 0.0050005),
        ("claude-haiku-5-5-20261007", Tokens(input=100_000), 0.01),
        ("claude-sonnet-5-5", Tokens(searches=3), 0.03),
        ("offline-rules-1", Tokens(input=1_000_000, output=1_000_000), 0.0),
        ("claude-next-6", Tokens(input=1_000_000), 10.0),  # unknown: as the dearest we know
    ],
)
def test_a_call_costs_what_the_price_list_says(name: str, tokens: Tokens, dollars: float) -> None:
    assert cost(name, tokens, TODAY) == pytest.approx(dollars)


def test_prices_hold_from_their_day_on() -> None:
    read = Tokens(cache_read=1_000_000)
    assert cost("claude-sonnet-5-5", read, date(2026, 10, 6)) == pytest.approx(0.2)
    assert cost("claude-sonnet-5-5", read, date(2026, 10, 7)) == pytest.approx(0.1)


def test_one_region_costs_a_tenth_more() -> None:
    tokens = Tokens(input=1_000_000)
    assert cost("claude-opus-5-5", tokens, TODAY, us_only=True) == pytest.approx(4.4)


def test_every_model_we_ask_by_default_has_a_price_of_its_own() -> None:
    from adapters.model.prices import _book

    assert set(MODELS.values()) <= set(_book()["models"])


def test_an_estimate_is_rather_too_high() -> None:
    request = to_request(prompt(), MODELS[Tier.STANDARD])
    assert estimated_tokens(request).output >= 4096
    picture = Said(role="user", texts=("what",), pictures=(Picture(mime="image/png", base64="x" * 9_000_000),))
    seen = estimated_tokens(to_request(replace(prompt(), messages=(picture,)), MODELS[Tier.STANDARD]))
    assert 3_000 < seen.prompt < 4_000
    chinese = Said(role="user", texts=("你好" * 500,))
    assert estimated_tokens(to_request(replace(prompt(), messages=(chinese,)), "m")).prompt >= 1_000
    searching = estimated_tokens(to_request(prompt(server_tools=("web_search",)), "m"))
    assert searching.searches == 5


def test_days_and_months_are_those_of_the_persons_zone() -> None:
    moment = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # half past midnight on 1 December in Berlin
    day, month = begins(ANN, moment)
    assert day == month == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    day, month = begins(replace(ANN, zone=None), moment)
    assert (day.day, month.day) == (30, 1)


async def test_every_call_is_written_down_the_silent_and_the_failed_too(
    api: MessagesApi, model: Connection, books: Books
) -> None:
    api.script(text("Good ", "morn", cut_after=3), text("Good morning"))
    await model.ask(ANN.scope, replace(prompt(), purpose="summary"))
    assert [(purpose, usage.model) for purpose, usage, _ in books.rows] == [("summary", "claude-sonnet-5-5")] * 2
    assert all(usage.dollars > 0 and usage.seconds > 0 for _, usage, _ in books.rows)


async def test_a_used_up_budget_stops_the_call_before_it_is_made(
    api: MessagesApi, model: Connection, books: Books
) -> None:
    books.spend(4.99)
    with pytest.raises(OverBudget) as over:
        await model.ask(ANN.scope, prompt())
    assert (over.value.period, over.value.spent, over.value.limit) == ("day", 4.99, 5.0)
    assert api.bodies == []


async def test_yesterday_does_not_count_for_today_but_for_the_month(model: Connection, books: Books) -> None:
    books.spend(50.0, NOW - timedelta(days=1))
    assert (await model.ask(ANN.scope, prompt())).text == "Hello."
    books.spend(9.99, NOW - timedelta(days=2))
    with pytest.raises(OverBudget, match="per month"):
        await model.ask(ANN.scope, prompt())


async def test_who_chose_to_go_on_with_the_fast_class_may_up_to_twice_the_limit(
    api: MessagesApi, model: Connection, books: Books
) -> None:
    books.user = replace(ANN, fast_only_until=NOW + timedelta(hours=4))
    books.spend(5.0)
    assert (await model.ask(ANN.scope, prompt(Tier.DEEP))).usage.tier is Tier.FAST
    assert api.bodies[0]["model"] == MODELS[Tier.FAST]
    books.spend(5.0)
    with pytest.raises(OverBudget):
        await model.ask(ANN.scope, prompt(Tier.FAST))
    books.user = replace(ANN, fast_only_until=NOW - timedelta(seconds=1), dollars_per_day=9.0)
    with pytest.raises(OverBudget):
        await model.ask(ANN.scope, prompt(Tier.FAST))


async def test_a_fall_back_does_not_slip_to_a_dearer_class_when_only_fast_is_left(
    api: MessagesApi, model: Connection, books: Books
) -> None:
    books.user = replace(ANN, fast_only_until=NOW + timedelta(hours=4))
    books.spend(5.0)
    api.script(*[Fault(status=404, kind="not_found_error")] * 2)
    with pytest.raises(ModelDown):
        await model.ask(ANN.scope, prompt(Tier.FAST))
    assert {body["model"] for body in api.bodies} == {MODELS[Tier.FAST]}


async def test_two_calls_at_once_do_not_both_slip_under_the_limit(
    api: MessagesApi, model: Connection, books: Books
) -> None:
    books.spend(4.92)  # room for one call as it is estimated, not for two
    outcomes = await asyncio.gather(*(model.ask(ANN.scope, prompt()) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, OverBudget) for outcome in outcomes) == 4
    assert len(api.bodies) == 1
    assert (await model.ask(ANN.scope, prompt())).text == "Hello."  # what was held for the first is free again


async def test_the_person_is_warned_once_when_four_fifths_are_spent(
    api: MessagesApi, model: Connection, books: Books, warnings: list[tuple[str, float]]
) -> None:
    books.spend(3.999)
    api.script(text("Hello.", usage={"output_tokens": 200}))
    await model.ask(ANN.scope, prompt())
    await model.ask(ANN.scope, prompt())
    assert [(period, round(share, 2)) for period, share in warnings] == [("day", 0.8)]


async def test_a_pasted_key_works_from_the_next_call_on(api: MessagesApi, books: Books) -> None:
    settings = SimpleNamespace(
        anthropic_api_key=None,
        anthropic_base_url=api.url,
        model_fast="claude-haiku-5-5",
        model_standard="claude-sonnet-5-5",
        model_deep="claude-opus-5-5",
    )
    model = connect(settings, books, books)  # type: ignore[arg-type]
    with pytest.raises(ModelDown, match="no Claude key"):
        await model.ask(ANN.scope, prompt())
    await model.set_key("wrong")
    with pytest.raises(ModelDown, match="refused"):
        await model.ask(ANN.scope, prompt())
    await model.set_key(KEY)
    assert (await model.ask(ANN.scope, prompt())).text == "Hello."
    await model.close()


async def test_a_call_under_way_ends_where_it_began_when_the_key_changes(api: MessagesApi, model: Connection) -> None:
    hold, begun = asyncio.Event(), asyncio.Event()

    async def watch(text: str) -> None:
        begun.set()

    api.script(text("Good ", "morning", cut_after=3, hold=hold))
    asking = asyncio.create_task(model.ask(ANN.scope, prompt(), watch))
    await asyncio.wait_for(begun.wait(), 5)
    await model.set_key(None)
    hold.set()
    assert (await asking).text == "Good morning"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def offline_url() -> AsyncIterator[str]:
    arguments = (sys.executable, "-m", "lab", "model", "--port", "0")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*arguments, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 20)
    yield line.decode().split()[-1]
    process.terminate()
    await process.wait()


async def test_offline_nothing_is_paid_and_no_budget_stands_in_the_way(offline_url: str, books: Books) -> None:
    books.spend(100.0)
    model = Connection(memory=books, clock=books, offline_url=offline_url)  # type: ignore[arg-type]
    answer = await model.ask(ANN.scope, prompt())
    await model.close()
    assert answer.offline
    assert answer.text
    assert books.rows[-1][1].dollars == 0.0


def test_the_price_list_says_where_and_when_it_was_read() -> None:
    from adapters.model.prices import _book

    book: Mapping[str, Any] = _book()
    assert book["source"].startswith("https://platform.claude.com/")
    assert date.fromisoformat(book["read_on"]) <= date.today()  # noqa: DTZ011
