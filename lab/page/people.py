"""Who uses the apps in the lab, and where they can talk beside their private chats."""

from __future__ import annotations

ANN = {"id": "1001", "name": "Ann"}
BOB = {"id": "1002", "name": "Bob"}
PEOPLE = (ANN, BOB)
GROUP = {"id": "-100500", "kind": "group", "title": "Family"}
