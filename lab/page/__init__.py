"""The lab's page: every chat app's stand-in side by side, used by a person in a browser."""
