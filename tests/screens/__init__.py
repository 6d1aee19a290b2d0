"""The real window under Xvfb, with real touches."""
