"""Stand-ins of the outside world on loopback; always a process of its own."""
