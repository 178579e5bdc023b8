"""A stand-in of Slack on loopback."""
