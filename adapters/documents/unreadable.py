"""Why a file was not read, in words for the person who sent it."""

from __future__ import annotations


class Unreadable(Exception):
    """The message is a sentence, or two when something can be done about it."""

    DAMAGED = "It is damaged, so I cannot open it."
    LOCKED = "It is protected with a password, so I cannot open it. Send it without one."
    OLD = (
        "It is in an old Office format or protected with a password. "
        "Save it as .docx, .xlsx or PDF, without a password, and send that."
    )
    ARCHIVE = "It is an archive. Send me the files in it, one by one."
    PICTURE = "It is a picture, in which there is no text to read."
    UNKNOWN = "It is a kind of file that I cannot read."
    BOMB = "It unpacks to more than {megabytes} MB, so I did not open it."
