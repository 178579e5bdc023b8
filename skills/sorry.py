"""The one exception that skills raise for people: it becomes an Outcome that says what is wrong and what to do."""

from __future__ import annotations

from bot.action import Json


class Sorry(Exception):
    """`text` is finished CommonMark in the user's words; `data` tells the model more, such as {"ask": "zone"}."""

    def __init__(self, text: str, data: Json = None) -> None:
        super().__init__(text)
        self.text, self.data = text, data
