"""A stand-in of Discord's REST API and gateway on loopback."""
