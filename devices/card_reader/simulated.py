"""A card reader without hardware: simulated cards are laid on it by the dev dock or a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict

from devices.card_reader.chip.faults import CardPulled
from devices.errors import NeedsAttention, Unavailable
from devices.interfaces import CardConnection, CardReader, Condition, DeviceStatus
from devices.trial import no_driver

if TYPE_CHECKING:  # a card brings heavy libraries with it, and a kiosk with a real reader never makes one
    from devices.card_reader.chip.card import ChipCard
    from devices.card_reader.chip.profile import Person
    from devices.card_reader.emrtd.trust import TrustStore

CARDS = ("genuine", "forged", "copied", "expired")
VERBS: Mapping[str, Sequence[str] | None] = {"lay": CARDS, "remove": None, "unplug": None, "restore": None}
SECONDS_PER_APDU = 0.025  # of a card at 424 kbit/s: a whole reading takes about two seconds


class Settings(BaseModel):
    """Table `[devices.card_reader]` with `driver = "simulated"`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["simulated"]
    csca_dir: Path | None = None  # country certificates; without them those of the simulated cards are trusted


class SimulatedCardReader:
    """One card at a time; each one laid down has a number of its own, so that a line to the one before is dead."""

    def __init__(self) -> None:
        self._plugged = True
        self._present = False
        self._laid = 0
        self._card: ChipCard | None = None
        self._default: ChipCard | None = None

    def open(self) -> None:
        """Find it. Raises `Unavailable` while it is unplugged."""
        if not self._plugged:
            raise Unavailable("device_unplugged")

    def close(self) -> None:
        """Nothing to close."""

    def status(self) -> DeviceStatus:
        """Ready or unplugged."""
        return DeviceStatus(Condition.READY) if self._plugged else DeviceStatus(Condition.OFFLINE, "device_unplugged")

    def card_present(self) -> bool:
        """Whether a card lies on it. Raises `Unavailable` while it is unplugged."""
        self.open()
        return self._present

    def connect(self) -> CardConnection:
        """A line to the card, which is powered up. Raises `NeedsAttention("no_card")`, `Unavailable` when unplugged."""
        self.open()
        laid = self._laid
        if not self._present:
            raise NeedsAttention("no_card")
        return SimulatedConnection(self, self._card or self._own_card(), laid)

    def check(self, laid: int) -> None:
        """Raise `NeedsAttention("card_removed")` when card number `laid` is gone, `Unavailable` when unplugged."""
        self.open()
        if not self._present or self._laid != laid:
            raise NeedsAttention("card_removed")

    def _own_card(self) -> ChipCard:
        """The card of the synthetic citizen, made at its first use."""
        from devices.card_reader.chip.card import make_card

        self._default = self._default or make_card()
        return self._default

    @property
    def holder(self) -> Person:
        """The synthetic citizen whose card is laid down when no other is given."""
        from devices.card_reader.chip.profile import Person

        return Person()

    # -- what a person would do ----------------------------------------------------------------------------------
    def insert(self, card: ChipCard | None = None) -> None:
        """Lay a card on it; without one, that of the synthetic citizen."""
        if card:
            card.lay_down()
        self._card = card
        self._laid += 1
        self._present = True

    def lay(self, kind: str) -> None:
        """Lay the card of the synthetic citizen on it, as slow as a real one: one of `CARDS`."""
        from devices.card_reader.chip.card import make_card
        from devices.card_reader.chip.faults import Faults
        from devices.card_reader.chip.profile import Person

        expiry = date(2024, 1, 1) if kind == "expired" else date(2040, 2, 14)
        faults = Faults(slow=SECONDS_PER_APDU, forged_sod=kind == "forged", copied=kind == "copied")
        self.insert(make_card(Person(expiry_date=expiry), faults=faults))

    def remove(self) -> None:
        """Take the card."""
        self._present = False

    def unplug(self) -> None:
        """Pull the cable."""
        self._plugged = False

    def restore(self) -> None:
        """Plug it in again."""
        self._plugged = True


class SimulatedConnection:
    """The line to one card, until it is taken."""

    def __init__(self, reader: SimulatedCardReader, card: ChipCard, laid: int) -> None:
        self._reader, self._card, self._laid = reader, card, laid
        card.reset()

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Response data and status word. Raises `NeedsAttention("card_removed")`, `Unavailable` when unplugged."""
        self._reader.check(self._laid)
        try:
            response = self._card.process(apdu)
        except CardPulled:
            self._reader.remove()
            raise NeedsAttention("card_removed") from None
        self._reader.check(self._laid)  # a slow card may have been taken meanwhile
        return response[:-2], int.from_bytes(response[-2:], "big")

    def reset(self) -> None:
        """Power the card off and on. Raises as `transmit`."""
        self._reader.check(self._laid)
        self._card.reset()

    @property
    def atr(self) -> bytes:
        """Answer to reset (ISO/IEC 7816-3, 8)."""
        return self._card.atr

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Leave the card without power: no session survives."""
        self._card.reset()


def simulated_trust() -> TrustStore:
    """The certificate and the revocation list of the authority that has signed the simulated cards."""
    from asn1crypto import crl, x509

    from devices.card_reader.chip.authority import Authority
    from devices.card_reader.emrtd.trust import TrustStore

    made = Authority.create()
    return TrustStore(
        (x509.Certificate.load(made.csca_certificate),), (crl.CertificateList.load(made.revocation_list),)
    )


def create(settings: Settings) -> CardReader:
    """The reader of a table."""
    return SimulatedCardReader()


if __name__ == "__main__":
    no_driver("devices.card_reader.simulated")
