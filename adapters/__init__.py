"""Adapters: chat platforms and language models, each behind a port of `bot`."""
