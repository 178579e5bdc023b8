"""Stand-ins of the outside world on loopback; a process of its own (`python -m lab ...`), spoken to over HTTP."""
