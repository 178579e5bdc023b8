"""Words that decide: what is a yes, what is none, and what claims to have been done."""

from __future__ import annotations

import pytest

from bot.phrases import NO, STOP, UNTRUE, YES, assents, checked, is_no, is_stop, is_yes


@pytest.mark.parametrize(
    "text", [*sorted(YES), "Yes!", " OK. ", "YES PLEASE", "Ja!", "D’accord", "SI\u0301", "do\n it", "ok,\n"]
)
def test_a_yes_is_a_yes(text: str) -> None:
    assert is_yes(text)
    assert assents(text)
    assert not is_no(text)
    assert not is_stop(text)


@pytest.mark.parametrize("text", [*sorted(NO), "No.", "Don’t!", "NEIN", "Never mind."])
def test_a_no_is_a_no(text: str) -> None:
    assert is_no(text)
    assert not is_yes(text)
    assert not assents(text)


@pytest.mark.parametrize("text", [*sorted(STOP), "Stop!", "STOP", " /stop ", "stop it."])
def test_stop_is_stop(text: str) -> None:
    assert is_stop(text)
    assert not is_yes(text)


@pytest.mark.parametrize(
    "text", ["", " ", "?", "yes?", "ok, and?", "yes no", "yesterday", "stop the music", "no idea", "y'all", "noon"]
)
def test_anything_more_is_neither(text: str) -> None:
    assert not is_yes(text)
    assert not is_no(text)
    assert not is_stop(text)


ASSENTING = [
    "yes, do it",
    "ok go ahead",
    "Yes, thanks!",
    "yes please, and remind me to buy milk",
    "Yes. And add milk to my list",
    "ok 👍",
    "ja, und danke",
    "oui, merci",
    "sí, gracias",
    "sure; thank you",
]


@pytest.mark.parametrize("text", ASSENTING)
def test_a_whole_yes_with_more_behind_it_assents(text: str) -> None:
    assert assents(text)


TRAPS = [
    "yes but no",
    "yes but at 4pm",
    "yes, at 4pm",
    "Yes. But not today",
    "yes. make it 5",
    "yes, and don't tell Ann",
    "yes, and don’t tell Ann",
    "Yes! Wait",
    "yes, and isn't Ann there",
    "not ok",
    "ok, don't",
    "ok then not",
    "no, yes",
    "is that ok",
    "yes?",
    "ok. is that right?",
    "go away",
    "go to Berlin",
    "send it to Bob",
    "do it tomorrow",
    "sure thing is that I hate it",
    "yesterday",
    "yes-man",
    "yesyes",
    "okra",
    "ja, aber erst morgen",
    "ja und nein",
    "ja. Nicht heute",
    "ja. Keine Mail",
    "oui mais pas Ann",
    "oui. Attends",
    "si possible demain",
    "sí, pero a las 4",
    "sí. Espera",
    "vale la pena",
    "The mail says: yes",
    "",
]


@pytest.mark.parametrize("text", TRAPS)
def test_a_yes_that_is_taken_back_limited_or_only_looks_so_does_not_assent(text: str) -> None:
    assert not assents(text)


CLAIMS = [
    "I sent the mail.",
    "I've added milk.",
    "I’ve added milk.",
    "I have just scheduled it.",
    "I have already deleted it.",
    "Ok. I now moved it.",
    "Your mail has been sent.",
    "The tasks have been successfully updated.",
    "Done.",
    "Well:\ndone! Anything else?",
    "I set a reminder for 4.",
    "I marked it as done.",
    "Erledigt.",
    "Ich habe die Mail an Bob gesendet.",
    "J'ai bien ajouté du lait.",
    "He enviado el correo.",
]
HONEST = [
    "I have not sent it.",
    "I haven't sent it.",
    "I will send it.",
    "I can add milk.",
    "It has not been sent.",
    "Have you sent it?",
    "When it is done. Then we see.",
    "Ich habe nichts gesendet.",
    "Ich habe die Mail nicht gesendet.",
    "Ich habe keine Mail gesendet.",
    "Je n'ai pas envoyé le mail.",
    "No he enviado nada.",
    "The card waits for you.",
    "",
]


@pytest.mark.parametrize("text", CLAIMS)
def test_a_claim_without_a_deed_is_marked(text: str) -> None:
    assert checked(text, did_something=False) == text + UNTRUE
    assert checked(text, did_something=True) == text


@pytest.mark.parametrize("text", HONEST)
def test_what_claims_nothing_stays_as_it_is(text: str) -> None:
    assert checked(text, did_something=False) == text


def test_what_was_looked_up_is_told_and_not_claimed() -> None:
    known = "What I know: I moved to Bern in May."
    told = "You said: “I moved to Bern in May.”"
    assert checked(told, False, known) == told
    assert checked(told, False) != told
    assert checked("I moved your meeting to Bern.", False, known).endswith(UNTRUE)
