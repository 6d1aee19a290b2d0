"""Command line of the kiosk; see `kiosk/cli.py` for the verbs."""
