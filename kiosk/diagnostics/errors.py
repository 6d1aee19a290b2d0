"""What keeps a technician's files from being written."""

from __future__ import annotations


class BundleFailed(Exception):
    """It was not written; `code` is translated with advice: usb_full, usb_read_only, usb_not_writable, usb_gone."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
