"""One suite per protocol, over every driver."""
