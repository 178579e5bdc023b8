"""A stand-in of WhatsApp's Cloud API on loopback."""
