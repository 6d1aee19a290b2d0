"""The outbox, its sender and the way to the province."""
