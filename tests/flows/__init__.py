"""Journeys as lists of verbs, on real stores, simulated devices and the real embedded province; no window."""
