"""What can go wrong with a chip, each as one of the errors of the hardware with a stable code.

`chip_malformed` and `chip_protocol` are `ProtocolError`s: the chip (or who plays it) said what it must not. The others
ask for a person: `card_number_mismatch`, `card_blocked`, `card_other_kind`, `card_needs_mrz`.
No text of an error holds a key or a byte of the card's data.
"""

from __future__ import annotations

from devices.errors import NeedsAttention, ProtocolError


class Malformed(ProtocolError):
    """Data of the chip that does not have the form which its standard prescribes."""

    def __init__(self, detail: str) -> None:
        super().__init__("chip_malformed", detail)


class ChipProtocolError(ProtocolError):
    """An answer that a protocol does not allow: a wrong MAC, a wrong token, an unknown status."""

    def __init__(self, detail: str, status: int = 0) -> None:
        super().__init__("chip_protocol", f"{detail} ({status:04X})" if status else detail)
        self.status = status


class BlockRefused(ChipProtocolError):
    """The chip does not give so many bytes at once (`6700`, `6Cxx`): smaller blocks after a reset may do."""


class WrongPassword(NeedsAttention):
    """The number (CAN) or the MRZ is not that of this card."""

    def __init__(self, detail: str) -> None:
        super().__init__("card_number_mismatch", detail)


class Blocked(NeedsAttention):
    """The chip takes no password any more, or not for a while."""

    def __init__(self, detail: str) -> None:
        super().__init__("card_blocked", detail)


class OtherCard(NeedsAttention):
    """A card, but not an electronic travel or identity document of ICAO Doc 9303."""

    def __init__(self, detail: str) -> None:
        super().__init__("card_other_kind", detail)


class NeedsMrz(NeedsAttention):
    """The number alone does not open this card: it has no PACE."""

    def __init__(self, detail: str) -> None:
        super().__init__("card_needs_mrz", detail)
