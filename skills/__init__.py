"""What Aurelius can do: the skill engine and, in `builtin/`, the skills that need no account anywhere."""
