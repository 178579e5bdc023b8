"""What the collector of garbage need not look at: all that is made at the start stays to the end.

Python's oldest generation holds half a million objects of ours once every part is loaded. Each full collection looks at
all of them and stops the process for 40 to 100 ms, which whoever writes in that moment waits for.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 20  # a burst of messages is no reason for a full collection


def settle() -> None:
    """Call it when the parts are there, and again when more were loaded. What is garbage by then stays too, which is
    little; to look for it would take as long as the pauses that this is to spare."""
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
