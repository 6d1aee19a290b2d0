"""Cards that are no ID card of ours, or speak in another way."""

from __future__ import annotations

from devices.card_reader.chip.card import ChipCard

GET_RESPONSE = 0xC0
T1_CONTACT, T0_CONTACT = "3B80800101", "3B00"  # answers to reset (ISO/IEC 7816-3, 8.2)


class OtherCard:
    """A card of another kind: it knows no command."""

    def __init__(self, atr: str) -> None:
        self._atr = bytes.fromhex(atr)

    @property
    def atr(self) -> bytes:
        """Answer to reset."""
        return self._atr

    def reset(self) -> None:
        """It has no state."""

    def process(self, apdu: bytes) -> bytes:
        """Instruction not supported."""
        return b"\x6d\x00"


class MuteCard(OtherCard):
    """A card that is there, but whose answer to a reset cannot be understood."""

    def __init__(self) -> None:
        super().__init__(T1_CONTACT)
        self._was_reset = False

    def reset(self) -> None:
        """Its answer is asked for next; later it is only asked to see whether the card is there."""
        self._was_reset = True

    @property
    def atr(self) -> bytes:
        """After a reset, once, longer than the 33 bytes that are allowed."""
        was_reset, self._was_reset = self._was_reset, False
        return bytes(40) if was_reset else self._atr


class ContactCard:
    """The chip behind its contacts, with T=0: response data is kept back until GET RESPONSE asks for it."""

    def __init__(self, chip: ChipCard) -> None:
        self._chip = chip
        self._kept = b""

    @property
    def atr(self) -> bytes:
        """Answer to reset: no TD1, so T=0."""
        return bytes.fromhex(T0_CONTACT)

    def reset(self) -> None:
        """What was kept back is gone."""
        self._kept = b""
        self._chip.reset()

    def process(self, apdu: bytes) -> bytes:
        """Response, in pieces of at most 256 bytes."""
        if apdu[1] == GET_RESPONSE:
            size = apdu[4] or 256
            data, self._kept = self._kept[:size], self._kept[size:]
            if len(self._kept) > 2:
                return data + self._told()
            return data + self._kept
        self._kept = self._chip.process(apdu)
        return self._told() if len(self._kept) > 2 else self._kept

    def _told(self) -> bytes:
        return bytes((0x61, min(len(self._kept) - 2, 256) & 0xFF))
