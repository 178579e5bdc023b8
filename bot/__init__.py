"""The mind of Aurelius: its words, its ports, its judgement and the one path that a message takes.

Nothing here does I/O and nothing here imports another of our packages: everybody may import `bot`.
"""
