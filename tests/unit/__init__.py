"""Rules on their own: pure functions and small stores."""
