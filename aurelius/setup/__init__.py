"""How each service is connected: what a newcomer does at the vendor's, and what they bring back from there."""
