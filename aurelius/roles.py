"""The parts of the program that can run in processes of their own, so that it scales out."""

from enum import StrEnum


class Role(StrEnum):
    WEB = "web"  # HTTP, webhooks, pages
    CHATS = "chats"  # sockets and polling, each held by a lease
    WORKER = "worker"  # turns, presses, triggers
    CLOCK = "clock"  # the tick and the chores
