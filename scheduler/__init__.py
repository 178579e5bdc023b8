"""When things run: the durable engine behind its port, the tick, and chores."""
