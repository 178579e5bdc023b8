"""What is kept of conversations, beside their words: facts drawn out of them, and files that were sent in."""
