"""How Discord says no: {code, message} and, for a body that does not fit, where in it (discord.com/developers,
"Opcodes and Status Codes", "Error Messages")."""

from __future__ import annotations

from typing import Any

from lab.person_side import Refused


class Refusal(Refused):
    def __init__(self, status: int, code: int, message: str, errors: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.errors = status, code, errors

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"message": str(self), "code": self.code}
        return found | ({"errors": self.errors} if self.errors else {})


def invalid(path: str, code: str, words: str) -> Refusal:
    """`path` leads to the field: "components.0.label"."""
    errors: dict[str, Any] = {"_errors": [{"code": code, "message": words}]}
    for step in reversed(path.split(".")):
        errors = {step: errors}
    return Refusal(400, 50035, "Invalid Form Body", errors)


def missing(path: str) -> Refusal:
    return invalid(path, "BASE_TYPE_REQUIRED", "This field is required")


def too_long(path: str, most: int) -> Refusal:
    return invalid(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def between(path: str, least: int, most: int) -> Refusal:
    return invalid(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


UNAUTHORIZED = (401, 0, "401: Unauthorized")
UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
UNKNOWN_USER = (404, 10013, "Unknown User")
UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
NO_ACCESS = (403, 50001, "Missing Access")
NOT_YOURS = (403, 50005, "Cannot edit a message authored by another user")
EMPTY = (400, 50006, "Cannot send an empty message")
NO_DIRECT = (403, 50007, "Cannot send messages to this user")
NO_PERMISSION = (403, 50013, "Missing Permissions")
INVALID_TOKEN = (401, 50027, "Invalid Webhook Token")
VOICE_CONTENT = (400, 50159, "Voice messages do not support additional content.")
VOICE_FILES = (400, 50160, "Voice messages must have a single audio attachment.")
VOICE_METADATA = (400, 50161, "Voice messages must have supporting metadata.")
VOICE_EDIT = (400, 50162, "Voice messages cannot be edited.")
