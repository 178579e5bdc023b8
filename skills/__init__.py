"""What Aurelius can do: the skill engine and the built-in skills."""
