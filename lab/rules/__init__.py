"""What the offline model understands: pure functions from what a person wrote to text or calls of tools."""
