"""Logs: one JSON object per line, with a correlation id, and nothing personal in them."""

from __future__ import annotations

import json
import logging as standard
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from aurelius import logging
from aurelius.logging import correlated, mask, set_up


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged so far; afterwards logging is as it was."""
    root = standard.getLogger()
    before, level, configured = root.handlers[:], root.level, structlog.get_config()
    set_up("INFO", tmp_path)
    yield lambda: [json.loads(line) for line in (tmp_path / logging.FILE).read_text().splitlines()]
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.configure(**configured)


Lines = Callable[[], list[dict[str, Any]]]


def test_a_line_is_json_with_time_level_and_what_was_given(lines: Lines) -> None:
    structlog.get_logger("bot").info("turn_done", turn="abc", milliseconds=12)
    (line,) = lines()
    assert line | {"timestamp": ""} == {
        "event": "turn_done", "turn": "abc", "milliseconds": 12, "level": "info", "logger": "bot", "timestamp": "",
    }  # fmt: skip


def test_the_standard_library_goes_the_same_way(lines: Lines) -> None:
    standard.getLogger("vendor").warning("no answer from %s", "ann@example.com")
    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == ("no answer from [email]", "vendor", "warning")


def test_what_a_line_of_the_standard_library_brings_along_is_kept_and_masked(lines: Lines) -> None:
    standard.getLogger("aurelius.think").info("routed", extra={"tier": "fast", "why": "asked by ann@example.com"})
    (line,) = lines()
    assert (line["tier"], line["why"]) == ("fast", "asked by [email]")


def test_lines_about_one_message_carry_its_id_and_later_ones_do_not(lines: Lines) -> None:
    log = structlog.get_logger()
    with correlated("m-1"):
        log.info("inside")
        standard.getLogger("vendor").info("inside too")
    log.info("outside")
    assert [line.get("correlation") for line in lines()] == ["m-1", "m-1", None]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("mail ann.lee+x@work.example.org now", "mail [email] now"),
        ("call +49 30 1234567 or 555-123-4567", "call [phone] or [phone]"),
        ("key sk-ant-REDACTED", "key [token]"),
        ("Authorization: Bearer eyJhbGciOi.abc-def", "Authorization: [token]"),
        ("bot 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx", "bot [token]"),
        ("GET /bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx/getMe", "GET /bot[token]/getMe"),
        ("postgresql://ann:pa55@db/x", "postgresql://[hidden]@db/x"),
        ("http://127.0.0.1:8765/link?code=Zm9vYmFyYmF6", "http://127.0.0.1:8765/link?code=[token]"),
    ],
)
def test_personal_data_in_a_sentence_are_masked(said: str, kept: str) -> None:
    assert mask(said) == kept


@pytest.mark.parametrize(
    "said",
    ["2026-11-20T19:10:00+01:00", "0192f0c1-7a3e-7000-8000-123456789012", "took 1234567890 ns", "port 8765", "1.2.3"],
)
def test_times_ids_and_numbers_are_left_alone(said: str) -> None:
    assert mask(said) == said


def test_what_people_wrote_is_hidden_however_deep_it_lies(lines: Lines) -> None:
    structlog.get_logger().info(
        "odd",
        text="I love Ann",
        call={"action": "notes.add", "arguments": {"text": "x"}},
        tries=[{"message_text": "y"}],
    )
    (line,) = lines()
    assert line["text"] == "[hidden]"
    assert line["call"] == {"action": "notes.add", "arguments": "[hidden]"}
    assert line["tries"] == [{"message_text": "[hidden]"}]


def test_a_value_that_contains_itself_does_not_hang(lines: Lines) -> None:
    loop: list[Any] = []
    loop.append(loop)
    structlog.get_logger().info("odd", loop=loop)
    assert "[hidden]" in json.dumps(lines()[0]["loop"])


def test_a_traceback_is_kept_and_masked(lines: Lines) -> None:
    try:
        raise ValueError("no mail for ann@example.com")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines()
    assert "ValueError: no mail for [email]" in line["exception"]


def test_only_the_owner_can_read_the_file_also_after_it_was_rotated(lines: Lines, tmp_path: Path) -> None:
    structlog.get_logger().info("one")
    (handler,) = (h for h in standard.getLogger().handlers if hasattr(h, "doRollover"))
    handler.doRollover()
    structlog.get_logger().info("two")
    files = sorted(tmp_path.glob("aurelius.log*"))
    assert len(files) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
