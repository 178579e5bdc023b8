"""What goes wrong in a way that a person can put right: shown as it is, without a traceback."""


class Trouble(Exception):
    """The message says what is wrong and what to do about it."""
