"""WhatsApp end to end: a person's app, the Cloud API's stand-in, signed webhooks through the door, the whole system on
a real PostgreSQL."""

# ruff: noqa: F811 - a fixture is imported and then named as a parameter
from __future__ import annotations

import pytest

from bot.ports import Ports
from tests.app_stand_in import App, AppUser, card_of, given_an_account, labels, linked
from tests.letterbox import done_to, letter
from tests.path_stage import Running, lab, ports, running  # noqa: F401 - fixtures
from tests.talk import Lab
from tests.whatsapp_stage import (  # noqa: F401 - fixtures
    ann,
    answer_to,
    hook,
    sent_since,
    settings,
    whatsapp,
)

# First contact


async def test_somebody_whose_number_is_hidden_is_known_and_answered_by_their_id(
    ports: Ports, lab: Lab, whatsapp: App, hook: str
) -> None:
    await lab.reset()
    zoe = whatsapp.person("Zoe", "US.13491208655302741918")
    await given_an_account(ports, zoe)
    assert "stamps" in (await zoe.say("add buy stamps to my list"))["text"]
    call = [c["given"] for c in await whatsapp.calls("messages") if c["given"].get("recipient") == zoe.id]
    assert call
    assert all("to" not in given for given in call)


async def test_a_webhook_of_before_ids_is_answered_by_phone_number(
    ports: Ports, lab: Lab, whatsapp: App, hook: str
) -> None:
    await lab.reset()
    otto = AppUser(whatsapp, {**whatsapp.person("Otto").user, "scoped": None})
    await given_an_account(ports, otto)
    assert "stamps" in (await otto.say("add buy stamps to my list"))["text"]
    assert [c for c in await whatsapp.calls("messages") if c["given"].get("to") == otto.id]


# Cards


async def test_five_choices_are_a_list_and_one_is_a_button(lab: Lab, ann: AppUser) -> None:
    card = await card_of(lab, ann, "write to Bob", letter("Bob"))
    assert labels(card) == ["Approve", "Edit", "Deny", "Later", "Always"]
    assert {button["style"] for button in card["buttons"]} == {"row"}
    await ann.press(card, "Approve")
    assert (await answer_to(ann, card, "Sent to Bob"))["text"].startswith("✅")
    assert not [m for m in await ann.shown() if "Running" in m["text"]]
    added = await ann.say("add water the plants to my list")
    assert added["buttons"][0]["style"] == "button"
    await ann.press(added, "Undo")
    assert (await answer_to(ann, added, "↩️"))["text"].startswith("↩️")


async def test_a_press_by_somebody_else_does_nothing(lab: Lab, ports: Ports, whatsapp: App, ann: AppUser) -> None:
    bob = await linked(ports, whatsapp, "Bob")
    card = await card_of(lab, ann, "write to Frida", letter("Frida"))
    token = card["buttons"][0]["token"]
    reply = {"type": "button_reply", "button_reply": {"id": token, "title": "Approve"}}
    await bob.say("", fields={"type": "interactive", "interactive": reply})
    assert "not yours" in (await bob.shown())[-1]["text"]
    assert done_to("Frida") == []
    await ann.press(card, "Approve")
    await answer_to(ann, card, "Sent to Frida")


async def test_a_card_is_changed_by_a_reply_to_it(lab: Lab, ann: AppUser) -> None:
    card = await card_of(lab, ann, "write to Emil", letter("Emil", at="3pm"))
    nonce = card["buttons"][0]["token"].partition(".")[2]
    change = {"card": nonce[:8], "decision": "change", "changes": {"at": "4pm"}}
    await lab.script({"tools": [{"name": "answer_card", "input": change}]}, match={"text": "yes but at 4pm"})
    await ann.send("yes but at 4pm", reply_to=card["id"])
    changed = await answer_to(ann, card, "4pm")
    assert "Emil" in changed["text"]
    await ann.press(changed, "Approve")
    await answer_to(ann, changed, "Sent to Emil")
    assert done_to("Emil") == ["Hello 4pm"]


async def test_edit_asks_in_words_and_takes_the_lines_as_they_should_be(lab: Lab, ann: AppUser) -> None:
    card = await card_of(lab, ann, "write to Gina", letter("Gina", at="3pm"))
    await ann.press(card, "Edit")
    asked = await ann.until(lambda shown: "What should be different" in shown[-1]["text"] and shown[-1])
    await ann.send("at: 5pm", reply_to=asked["id"])
    changed = await answer_to(ann, card, "5pm")
    await ann.press(card, "Approve")  # the old card's button: what stands there is not what would run
    await ann.until(lambda shown: shown[-1]["id"] != changed["id"])
    assert done_to("Gina") == []
    await ann.press(changed, "Approve")
    await ann.until(lambda shown: "Sent to Gina" in shown[-1]["text"])
    assert done_to("Gina") == ["Hello 5pm"]


# What is sent


async def test_a_connection_that_drops_marks_the_repeat(whatsapp: App, ann: AppUser) -> None:
    await whatsapp.fault("messages", drop="after")
    first = await ann.say("hi")
    again = (await ann.until(lambda shown: shown[-1]["id"] != first["id"] and shown))[-1]
    assert again["text"].startswith("(You may have got this already")
    assert again["text"].endswith(first["text"])


async def test_a_drop_in_the_middle_marks_the_part_that_is_repeated(lab: Lab, whatsapp: App, ann: AppUser) -> None:
    text = "\n\n".join(f"Part {number} " + "words " * 600 for number in range(3))
    await lab.script({"text": text}, match={"text": "three parts again"})
    await whatsapp.fault("messages", drop="after", skip=1)
    await ann.send("three parts again")
    shown = await ann.until(lambda shown: "Part 2" in shown[-1]["text"] and shown[-5:])
    begins = ["Part 0", "Part 1", "(You m", "Part 1", "Part 2"]
    assert [message["text"][:6] for message in shown] == begins


async def test_an_outcome_that_may_have_arrived_says_so_when_it_is_repeated(
    lab: Lab, whatsapp: App, ann: AppUser
) -> None:
    card = await card_of(lab, ann, "write to Hugo", letter("Hugo"))
    await whatsapp.fault("messages", drop="after")
    await ann.press(card, "Approve")
    shown = await ann.until(lambda shown: shown[-2]["text"].startswith("(You may have got this") and shown[-3:])
    assert [message["text"][:6] for message in shown] == ["✅ Sent", "(You m", "✅ Sent"]
    assert done_to("Hugo") == ["Hello"]


async def test_typing_is_shown_and_the_message_marked_as_read(lab: Lab, whatsapp: App, ann: AppUser) -> None:
    await lab.script({"text": "word " * 50, "latency": 1.5}, match={"text": "tell me slowly"})
    asked = await ann.send("tell me slowly")
    marked = await whatsapp.until(
        lambda events: [e for e in events if e.get("method") == "read" and e["given"]["message_id"] == asked["message"]]
    )
    assert marked[0]["given"]["typing_indicator"] == {"type": "text"}
    assert (await ann.screen())["typing"]
    await ann.until(lambda shown: "word word" in shown[-1]["text"])
    screen = await ann.screen()
    assert not screen["typing"]
    assert next(m for m in screen["messages"] if m["id"] == asked["message"])["read"]


async def test_what_is_answered_at_once_is_marked_as_read_too(whatsapp: App, ann: AppUser) -> None:
    asked = await ann.send("/tasks")
    await whatsapp.until(
        lambda events: [e for e in events if e.get("method") == "read" and e["given"]["message_id"] == asked["message"]]
    )


# Trouble


async def test_a_revoked_token_is_tried_again_until_it_is_valid(
    whatsapp: App, ann: AppUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.chat.whatsapp.failure.REVOKED", 0.2)
    await whatsapp.act("revoke")
    before = len(await whatsapp.events())
    await ann.send("/tasks")
    await whatsapp.until(
        lambda events: [e for e in events[before:] if e.get("method") == "messages" and e["status"] == 401]
    )
    shown = len(await ann.shown())
    await whatsapp.act("restore")
    await ann.until(lambda now: len(now) > shown)


async def test_a_person_who_cannot_be_reached_is_not_written_to_again_and_again(whatsapp: App, ann: AppUser) -> None:
    await whatsapp.fault("messages", code=131026)
    before = len(await whatsapp.events())
    await ann.send("hi")
    await whatsapp.until(lambda events: [e for e in events[before:] if e.get("status") == 400])
    await ann.say("/tasks")
    assert [call["status"] for call in await sent_since(whatsapp, before)] == [400, 200]
