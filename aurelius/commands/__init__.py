"""One file per command: each has `main(argv) -> exit status` and imports what it needs when it runs."""
