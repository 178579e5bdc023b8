"""Claude's bad minutes, with the real client: faults, waiting, falling to another class, and what a lost call cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from adapters.model.breaker import Breaker
from adapters.model.claude import Claude
from adapters.model.connection import MODELS
from adapters.model.failure import BROKEN, LATE, Failed, failure
from adapters.model.retried import Retried
from bot.model import ModelDown, Tier, Usage
from bot.people import Scope
from tests.model_parts import SCOPE, Shown, Waits, prompt
from tests.stand_ins.messages_api import KEY, Fault, MessagesApi, messages_api, text

SONNET, OPUS, HAIKU = MODELS[Tier.STANDARD], MODELS[Tier.DEEP], MODELS[Tier.FAST]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[MessagesApi]:
    async with messages_api() as running:
        yield running


@pytest.fixture
def api(server: MessagesApi) -> Iterator[MessagesApi]:
    server.reset()
    yield server
    assert not server.refused


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def claude(server: MessagesApi) -> AsyncIterator[Claude]:
    made = Claude(api_key=KEY, base_url=server.url, models=MODELS)
    yield made
    await made.close()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def patient(claude: Claude, waits: Waits) -> Retried:
    return Retried(claude, claude.name, now=waits.now, sleep=waits.sleep, chance=lambda: 1.0)


async def test_an_overloaded_model_is_asked_again(api: MessagesApi, patient: Retried, waits: Waits) -> None:
    api.script(Fault(status=529, kind="overloaded_error"), Fault(status=500, kind="api_error"), text("Here."))
    assert (await patient.ask(SCOPE, prompt())).text == "Here."
    assert waits.slept == [0.5, 1.0]


async def test_what_the_vendor_says_about_waiting_is_honoured(api: MessagesApi, patient: Retried, waits: Waits) -> None:
    api.script(Fault(status=429, kind="rate_limit_error", headers={"retry-after": "7"}), text("Here."))
    assert (await patient.ask(SCOPE, prompt())).usage.tier is Tier.STANDARD
    assert waits.slept == [7.0]


async def test_a_long_wait_is_spared_where_another_class_can_answer(
    api: MessagesApi, patient: Retried, waits: Waits
) -> None:
    api.script(Fault(status=429, kind="rate_limit_error", headers={"retry-after": "40"}), text("Here."))
    answer = await patient.ask(SCOPE, prompt())
    assert (answer.usage.tier, answer.usage.model, waits.slept) == (Tier.FAST, HAIKU, [])


async def test_an_answer_that_breaks_off_is_begun_again_and_not_doubled(
    api: MessagesApi, patient: Retried, waits: Waits
) -> None:
    api.script(text("Good ", "mor", "ning", cut_after=4), text("Good ", "morning"))
    shown = Shown()
    assert (await patient.ask(SCOPE, prompt(), shown)).text == "Good morning"
    assert shown.steps == ["Good", "Good mor", "Good", "Good morning"]


async def test_an_error_inside_the_stream_is_one_too(api: MessagesApi, patient: Retried) -> None:
    api.script(text("Good ", "morning", cut_after=3, then_fault="overloaded_error"), text("Good morning"))
    assert (await patient.ask(SCOPE, prompt())).text == "Good morning"


async def test_deep_falls_to_standard_and_then_to_fast_and_then_says_so(
    api: MessagesApi, patient: Retried, waits: Waits
) -> None:
    api.script(*[Fault(status=529, kind="overloaded_error")] * 40)
    with pytest.raises(ModelDown, match="overloaded"):
        await patient.ask(SCOPE, prompt(tier=Tier.DEEP))
    asked = [body["model"] for body in api.bodies]
    assert list(dict.fromkeys(asked)) == [OPUS, SONNET, HAIKU]
    assert sum(waits.slept) <= 60


async def test_fast_falls_to_standard(api: MessagesApi, patient: Retried) -> None:
    api.script(*[Fault(status=529, kind="overloaded_error")] * 3, text("Here."))
    assert (await patient.ask(SCOPE, prompt(tier=Tier.FAST))).usage.model == SONNET


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=401, kind="authentication_error"), "API key"),
        (Fault(status=402, kind="billing_error"), "credit"),
        (Fault(status=413, kind="request_too_large"), "too much"),
        (Fault(status=400, kind="invalid_request_error"), "did not accept"),
    ],
)
async def test_what_another_try_cannot_mend_is_told_at_once(
    api: MessagesApi, patient: Retried, waits: Waits, fault: Fault, words: str
) -> None:
    api.script(fault)
    with pytest.raises(ModelDown, match=words):
        await patient.ask(SCOPE, prompt())
    assert len(api.bodies) == 1
    assert waits.slept == []


@pytest.mark.parametrize("headers", [{"x-should-retry": "false"}, {"x-should-retry": "false", "retry-after": "soon"}])
async def test_a_vendor_who_says_not_to_try_again_is_believed(
    api: MessagesApi, patient: Retried, waits: Waits, headers: dict[str, str]
) -> None:
    api.script(Fault(status=529, kind="overloaded_error", headers=headers), text("Here."))
    assert (await patient.ask(SCOPE, prompt())).usage.model == HAIKU
    assert waits.slept == []


def test_a_failure_nobody_foresaw_is_one_of_the_models() -> None:
    assert failure(TimeoutError()).why == LATE
    unknown = failure(RuntimeError("odd"))
    assert (unknown.why, unknown.again) == (BROKEN, True)


async def test_a_model_that_is_not_available_leaves_the_work_to_another(api: MessagesApi, patient: Retried) -> None:
    api.script(Fault(status=404, kind="not_found_error"), text("Here."))
    assert (await patient.ask(SCOPE, prompt(tier=Tier.DEEP))).usage.model == SONNET


async def test_a_gateway_that_answers_with_a_page_counts_as_down(api: MessagesApi, patient: Retried) -> None:
    api.script(Fault(status=502, kind="", html=True), Fault(status=200, kind="", html=True), text("Here."))
    assert (await patient.ask(SCOPE, prompt())).text == "Here."


async def test_nobody_there_is_said_in_words_after_a_few_tries(waits: Waits) -> None:
    nowhere = Claude(api_key=KEY, base_url="http://127.0.0.1:9", models=MODELS)
    with pytest.raises(ModelDown, match="cannot be reached"):
        await Retried(nowhere, nowhere.name, now=waits.now, sleep=waits.sleep).ask(SCOPE, prompt(tier=Tier.DEEP))
    await nowhere.close()
    assert len(waits.slept) == 4  # another class lives at the same address


async def test_a_server_that_falls_silent_is_given_up_on(api: MessagesApi) -> None:
    hold = asyncio.Event()
    api.script(text("Good ", "morning", cut_after=3, hold=hold))
    impatient = Claude(api_key=KEY, base_url=api.url, models=MODELS, silence=0.2)
    with pytest.raises(Failed) as failed:
        await impatient.ask(SCOPE, prompt())
    hold.set()
    await impatient.close()
    assert failed.value.again


async def test_a_broken_model_is_left_alone_and_then_probed(api: MessagesApi, patient: Retried, waits: Waits) -> None:
    api.script(*[Fault(status=529, kind="overloaded_error")] * 8)
    with pytest.raises(ModelDown):
        await patient.ask(SCOPE, prompt(tier=Tier.FAST))
    before = len(api.bodies)
    assert (await patient.ask(SCOPE, prompt(tier=Tier.STANDARD))).usage.model == HAIKU
    assert len(api.bodies) == before + 1
    waits.time += 15
    assert (await patient.ask(SCOPE, prompt(tier=Tier.STANDARD))).usage.model == SONNET


def test_the_breaker_opens_after_five_failures_close_together_and_lets_one_probe_pass() -> None:
    breaker = Breaker()
    for second in (0, 20, 40, 60, 80):
        breaker.failed(second)
    assert breaker.rest(80) == 0  # too far apart
    for second in (81, 82, 83, 84):
        breaker.failed(second)
    assert breaker.rest(84) == 15
    assert breaker.rest(99) == 0
    breaker.enter(99)
    assert breaker.rest(99.1) > 14  # the others wait for the probe
    breaker.succeeded()
    assert breaker.rest(99.2) == 0


async def test_whatever_stops_a_call_what_it_cost_is_told(api: MessagesApi) -> None:
    bills: list[tuple[str, Usage]] = []

    async def bill(scope: Scope, purpose: str, usage: Usage) -> None:
        assert scope == SCOPE
        bills.append((purpose, usage))

    claude = Claude(api_key=KEY, base_url=api.url, models=MODELS, bill=bill)
    hold = asyncio.Event()
    api.script(
        text("Good ", "morning", cut_after=3, hold=hold),
        text("Good morning, how are you all", "?", cut_after=3),
        Fault(status=529, kind="overloaded_error"),
        text("fine"),
    )
    begun = asyncio.Event()

    async def watch(text: str) -> None:
        begun.set()

    stopped = asyncio.create_task(claude.ask(SCOPE, prompt(purpose="stopped"), watch))
    await asyncio.wait_for(begun.wait(), 5)
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    hold.set()
    for purpose in ("cut", "never begun"):
        with pytest.raises(Failed):
            await claude.ask(SCOPE, prompt(purpose=purpose))
    await claude.ask(SCOPE, prompt(purpose="answered"))
    await claude.close()
    assert [purpose for purpose, _ in bills] == ["stopped", "cut", "answered"]
    assert all(usage.input_tokens == 100 and usage.dollars > 0 for _, usage in bills)
    assert bills[1][1].output_tokens == 9  # estimated from what had come
