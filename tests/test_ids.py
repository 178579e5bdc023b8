"""Identifiers: sorted by time, found again, unguessable."""

from __future__ import annotations

import threading
import time
import uuid

from bot.ids import derived_id, new_id, new_nonce


def test_an_id_is_a_uuid_of_version_seven_that_tells_its_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_id())
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before - 1 <= made.int >> 80 <= after + 1


def test_ids_of_a_process_sort_in_the_order_they_were_made() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_threads_never_make_the_same_id() -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend(new_id() for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one[:18] for one in made}) == 2000


def test_a_derived_id_is_the_same_for_the_same_parts_only() -> None:
    assert derived_id("reply", "1") == derived_id("reply", "1")
    assert (
        len({derived_id("reply", "1"), derived_id("reply1"), derived_id("1", "reply"), derived_id("reply", "1", "")})
        == 4
    )
    assert str(uuid.UUID(derived_id())) == derived_id()


def test_a_nonce_fits_a_button_and_never_repeats() -> None:
    made = {new_nonce() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(nonce) == 22 and nonce.replace("-", "").replace("_", "").isalnum() for nonce in made)
