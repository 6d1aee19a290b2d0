"""The rules of the kiosk: no Kivy, no driver library, no HTTP client."""
