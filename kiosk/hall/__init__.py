"""The hall: numbers, opening hours and, later, the counters that call them."""
