"""The door: sign-in, pages, hooks, health and metrics."""
