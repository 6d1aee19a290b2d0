"""Errors of the hardware.

    DeviceError(code, detail)
    ├── Unavailable      not found, unplugged, port gone
    ├── Timeout          it did not answer in time
    ├── NeedsAttention   a person must act: paper, cover, jam, no document
    └── ProtocolError    it answered what it must not

`code` is a stable translation key; `detail` is for the log and never holds personal data.
"""


class DeviceError(Exception):
    """Root of all device errors."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Unavailable(DeviceError):
    """The device was not found or was unplugged."""


class Timeout(DeviceError):
    """The device did not answer in time."""


class NeedsAttention(DeviceError):
    """A person must act before the device works again."""


class ProtocolError(DeviceError):
    """The device answered what its protocol does not allow."""
