"""The language model: Claude through its official client, with retries, budgets and prices around it."""

from adapters.model.connection import MODELS, Connection, check_key, connect

__all__ = ["MODELS", "Connection", "check_key", "connect"]
