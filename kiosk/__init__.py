"""The rules of the kiosk: no Kivy, no driver library, no HTTP client."""

__version__ = "0.1.0"
