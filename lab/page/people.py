"""Who uses the apps in the lab, and where they can talk beside their private chats."""

from __future__ import annotations

# Digits, which every app takes for an account.
ANN = {"id": "4915550000001", "name": "Ann"}
BOB = {"id": "4915550000002", "name": "Bob"}
PEOPLE = (ANN, BOB)
GROUP = {"id": "4915550000003", "kind": "group", "title": "Family"}
