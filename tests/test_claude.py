"""Claude through the real client against a strict stand-in on loopback: requests, streams, faults, fall-backs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from adapters.model import check_key
from adapters.model.claude import Claude
from adapters.model.connection import MODELS
from adapters.model.reading import MALFORMED
from adapters.model.request import to_request
from bot.codec import decode, encode
from bot.model import Answer, End, Picture, Said, Tier, Tool, ToolResult
from tests.model_parts import SCOPE, Shown, person, prompt
from tests.stand_ins.messages_api import KEY, MessagesApi, Says, messages_api, text, uses

ADD = Tool(
    name="tasks_add",
    about="Add a task.",
    inputs={"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
)
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


async def test_the_answer_grows_as_whole_text_and_ends_complete(api: MessagesApi, claude: Claude) -> None:
    api.script(text("Good ", "morning, ", "Ann."))
    shown = Shown()
    answer = await claude.ask(SCOPE, prompt(), shown)
    assert shown.steps == ["Good", "Good morning,", "Good morning, Ann."]
    assert (answer.text, answer.end, answer.uses, answer.offline) == ("Good morning, Ann.", End.DONE, (), False)
    assert answer.usage.model == SONNET
    assert answer.usage.tier is Tier.STANDARD
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (100, 20)
    assert answer.usage.dollars == pytest.approx((100 * 2 + 20 * 10) / 1e6)


async def test_a_tool_call_goes_out_and_its_result_comes_back(api: MessagesApi, claude: Claude) -> None:
    thought = {"type": "thinking", "thinking": "They want milk.", "signature": ""}
    call = uses("tasks_add", {"title": "milk"}).blocks[0]
    api.script(Says(blocks=(thought, call), stop="tool_use"), text("Added."))
    asked = person("add milk", "<context>now: noon</context>")
    first = await claude.ask(SCOPE, prompt(asked, tools=(ADD,)))
    assert first.end is End.TOOLS
    assert first.uses[0].arguments == {"title": "milk"}
    first = decode(Answer, json.loads(json.dumps(encode(first))))  # as a checkpoint keeps it
    result = Said(role="user", results=(ToolResult(id="toolu_1", text='{"ok": true}'),))
    done = await claude.ask(SCOPE, prompt(asked, Said(role="assistant", blocks=first.blocks), result, tools=(ADD,)))
    assert done.text == "Added."
    sent = api.bodies[1]["messages"][1]["content"]
    assert sent[0] == {"type": "thinking", "thinking": "They want milk.", "signature": f"signed by {SONNET}"}


async def test_thinking_of_one_model_is_not_given_to_another(api: MessagesApi, claude: Claude) -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": ""}
    api.script(Says(blocks=(thought, uses("tasks_add", {}).blocks[0]), stop="tool_use"), text("Done."))
    first = await claude.ask(SCOPE, prompt(person("add"), tools=(ADD,), tier=Tier.DEEP))
    messages = (
        person("add"),
        Said(role="assistant", blocks=first.blocks),
        Said(role="user", results=(ToolResult(id="toolu_1", text="ok"),)),
    )
    assert (await claude.ask(SCOPE, prompt(*messages, tools=(ADD,), tier=Tier.FAST))).text == "Done."
    assert [block["type"] for block in api.bodies[1]["messages"][1]["content"]] == ["tool_use"]


async def test_every_class_is_asked_to_think_in_a_way_its_model_allows(api: MessagesApi, claude: Claude) -> None:
    for tier in Tier:
        await claude.ask(SCOPE, prompt(tier=tier))
    assert [body["thinking"]["type"] for body in api.bodies] == ["disabled", "between_tools", "adaptive"]
    assert [body["model"] for body in api.bodies] == [HAIKU, SONNET, OPUS]
    assert api.bodies[2]["max_tokens"] > api.bodies[0]["max_tokens"]  # thinking counts towards it


async def test_a_model_we_know_nothing_of_is_asked_plainly(api: MessagesApi) -> None:
    other = Claude(api_key=KEY, base_url=api.url, models=dict.fromkeys(Tier, "claude-next-6"))
    await other.ask(SCOPE, prompt())
    await other.close()
    assert "thinking" not in api.bodies[0]
    assert "output_config" not in api.bodies[0]


async def test_a_progress_note_is_shown_until_the_answer_begins(api: MessagesApi, claude: Claude) -> None:
    note = {"type": "thinking", "thinking": "Looking through your notes.", "signature": ""}
    api.script(Says(blocks=(note, {"type": "text", "text": "Here they are."})))
    shown = Shown()
    answer = await claude.ask(SCOPE, prompt(), shown)
    assert shown.steps == ["Looking through your notes.", "Here they are."]
    assert answer.text == "Here they are."


async def test_a_cache_mark_never_stands_on_a_thought_and_empty_blocks_are_not_sent(
    api: MessagesApi, claude: Claude
) -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": f"signed by {SONNET}"}
    blank = {"type": "text", "text": " "}
    for blocks, marks in (((thought,), 1), (({"type": "text", "text": "Yes."}, blank, thought), 2)):
        said = (person("so?"), Said(role="assistant", blocks=blocks), person("and?"))
        await claude.ask(SCOPE, prompt(*said, stable=2))
        assert json.dumps(api.bodies[-1]).count("cache_control") == marks
        assert blank not in api.bodies[-1]["messages"][1]["content"]


async def test_structured_answers_are_asked_for_by_format_and_never_by_forced_tools(
    api: MessagesApi, claude: Claude
) -> None:
    schema = {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}
    api.script(text('{"kind": "task"}'))
    answer = await claude.ask(SCOPE, prompt(schema=schema, tier=Tier.FAST))
    assert json.loads(answer.text) == {"kind": "task"}
    assert api.bodies[0]["output_config"]["format"] == {"type": "json_schema", "schema": schema}
    assert "tool_choice" not in api.bodies[0]


async def test_pictures_and_documents_come_before_the_words_about_them(api: MessagesApi, claude: Claude) -> None:
    files = (Picture(mime="image/png", base64="aGk="), Picture(mime="application/pdf", base64="aGk="))
    await claude.ask(SCOPE, prompt(person("what is this", pictures=files)))
    kinds = [block["type"] for block in api.bodies[0]["messages"][0]["content"]]
    assert kinds == ["image", "document", "text"]


async def test_empty_texts_and_a_conversation_that_we_began_are_put_right(api: MessagesApi, claude: Claude) -> None:
    history = (Said(role="assistant", texts=("Shall I?",)), person("yes", " "), person(""), person("now"))
    await claude.ask(SCOPE, prompt(*history))
    assert [message["role"] for message in api.bodies[0]["messages"]] == ["user", "assistant", "user"]
    assert [block["text"] for block in api.bodies[0]["messages"][2]["content"]] == ["yes", "now"]


async def test_an_answer_that_the_vendor_paused_is_continued_to_its_end(api: MessagesApi, claude: Claude) -> None:
    searching = {
        "type": "server_tool_use",
        "id": "srvtoolu_1",
        "name": "web_search",
        "input": {},
        "raw": '{"query":"x"}',
    }
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    cite = {
        "type": "web_search_result_location",
        "url": "https://example.com/a",
        "title": "A [page](x)",
        "cited_text": "x",
        "encrypted_index": "e",
    }
    said = {"type": "text", "text": "It rains.", "cites": (cite,)}
    searches = {"server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0}}
    looking: dict[str, Any] = {"type": "text", "text": "Looking."}
    api.script(
        Says(blocks=(looking, searching), stop="pause_turn", usage=searches),
        Says(blocks=(found, said)),
    )
    shown = Shown()
    answer = await claude.ask(SCOPE, prompt(server_tools=("web_search",)), shown)
    assert answer.end is End.DONE
    assert shown.steps == ["Looking.", "Looking.\n\nIt rains."]
    assert answer.text == "Looking.\n\nIt rains.\n\nSources: [A pagex](<https://example.com/a>)"
    assert api.bodies[1]["messages"][-1]["role"] == "assistant"
    assert api.bodies[1]["messages"][-1]["content"][1]["input"] == {"query": "x"}
    assert answer.usage.output_tokens == 40
    assert answer.usage.dollars > 0.01  # the search has a price of its own


async def test_an_answer_that_is_paused_for_ever_is_given_up_on(api: MessagesApi, claude: Claude) -> None:
    api.script(*[text("Still looking.", stop="pause_turn")] * 20)
    answer = await claude.ask(SCOPE, prompt(server_tools=("web_fetch",)))
    assert answer.end is End.PAUSED
    assert len(api.bodies) == 6


HALF, DEEP = '{"title": "half \\ud83d"}', '{"title": ' + "[" * 20_000 + "]" * 20_000 + "}"
BROKEN = ['{"title": "mil', "[1, 2]", "not json at all", '{"title": NaN}', '{"title": 1e999}', HALF, DEEP]


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
async def test_broken_arguments_become_something_to_tell_the_model(api: MessagesApi, claude: Claude, raw: str) -> None:
    api.script(uses("tasks_add", raw), text("Sorry."))
    broken = await claude.ask(SCOPE, prompt(person("add"), tools=(ADD,)))
    assert broken.uses[0].arguments == {MALFORMED: raw}
    result = Said(role="user", results=(ToolResult(id="toolu_1", text="not JSON", error=True),))
    again = prompt(person("add"), Said(role="assistant", blocks=broken.blocks), result, tools=(ADD,))
    assert (await claude.ask(SCOPE, again)).text == "Sorry."


@pytest.mark.parametrize(
    ("stop", "end"),
    [("max_tokens", End.LENGTH), ("model_context_window_exceeded", End.LENGTH), ("something_new", End.DONE)],
)
async def test_other_reasons_to_stop_are_understood(api: MessagesApi, claude: Claude, stop: str, end: End) -> None:
    api.script(text("So far.", stop=stop))
    answer = await claude.ask(SCOPE, prompt())
    assert (answer.end, answer.text) == (end, "So far.")


async def test_a_refusal_is_told_honestly_and_its_beginning_forgotten(api: MessagesApi, claude: Claude) -> None:
    api.script(text("First, take ", stop="refusal"))
    answer = await claude.ask(SCOPE, prompt())
    assert answer.end is End.REFUSED
    assert "declined" in answer.text
    assert "First" not in answer.text
    assert answer.blocks == ()


def marked(request: dict[str, Any]) -> str:
    return json.dumps(request).replace(', "cache_control": {"type": "ephemeral"}', "")


def test_the_stable_part_of_two_turns_is_the_same_to_the_byte() -> None:
    old = (person("hi"), Said(role="assistant", texts=("Hello.",)))
    first = prompt(*old, person("add milk", "<context>now: 9:00</context>"), stable=2, profile="Ann.", tools=(ADD,))
    said = (*old, person("add milk"), Said(role="assistant", texts=("Added.",)))
    second = prompt(*said, person("and tea", "<context>now: 9:05</context>"), stable=4, profile="Ann.", tools=(ADD,))
    one, two = to_request(first, SONNET), to_request(second, SONNET)
    for part in ("system", "tools", "thinking", "output_config", "model"):
        assert json.dumps(one[part]) == json.dumps(two[part])
    assert marked({"m": one["messages"][:2]}) == marked({"m": two["messages"][:2]})
    assert marked({"m": two["messages"][:3]}).startswith(marked({"m": one["messages"][:2]})[:-2])


def test_cache_marks_stand_where_the_stable_parts_end_and_nothing_volatile_is_before_them() -> None:
    request = to_request(
        prompt(
            person("hi"),
            Said(role="assistant", texts=("Hello.",)),
            person("add milk", "<context>now: 9:00</context>"),
            stable=2,
            profile="Ann.",
            tools=(ADD,),
        ),
        SONNET,
    )
    assert ["cache_control" in block for block in request["system"]] == [True, True]
    assert "cache_control" in request["messages"][1]["content"][-1]
    assert json.dumps(request).count("cache_control") == 3
    assert "cache_control" not in json.dumps(request["messages"][2])


async def test_an_exception_of_the_one_who_watches_is_not_taken_for_the_models(
    api: MessagesApi, claude: Claude
) -> None:
    class Gone(Exception):
        pass

    async def gone(text: str) -> None:
        raise Gone

    with pytest.raises(Gone):
        await claude.ask(SCOPE, prompt(), gone)


async def test_many_ask_at_once_through_one_client(api: MessagesApi, claude: Claude) -> None:
    answers = await asyncio.gather(*(claude.ask(SCOPE, prompt()) for _ in range(50)))
    assert {answer.text for answer in answers} == {"Hello."}


async def test_a_key_is_checked_without_cost(api: MessagesApi) -> None:
    assert await check_key(KEY, api.url) is None
    assert "refused" in str(await check_key("wrong", api.url))
    assert "reached" in str(await check_key(KEY, "http://127.0.0.1:9"))
    assert api.bodies == []
