"""The language model: Claude through its official client, with routing, metering and prices around it."""
