"""A whole electronic identity card in software: the chip's side of ICAO Doc 9303, for tests and for the dev dock."""
