"""Electronic machine-readable travel documents: the chip of the ID card (ICAO Doc 9303)."""
