"""Reading a simulated card, with what the tests of the chip reader want to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from asn1crypto import crl, x509

from devices.card_reader.chip.authority import Authority
from devices.card_reader.chip.card import ChipCard, make_card
from devices.card_reader.chip.faults import CardPulled, Faults
from devices.card_reader.chip.profile import Person, Profile
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.reader import read_chip
from devices.card_reader.emrtd.results import ChipData, Fields, Progress
from devices.card_reader.emrtd.trust import TrustStore
from devices.errors import NeedsAttention

PERSON = Person()
CAN = AccessKey.from_id_number(PERSON.number)
MRZ_KEY = AccessKey(mrz=PERSON.mrz_key)


class Line:
    """A connection to a simulated card that counts its commands and resets."""

    def __init__(self, card: ChipCard) -> None:
        self.card = card
        self.commands: list[bytes] = []
        self.resets = 0
        card.lay_down()

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def reset(self) -> None:
        self.resets += 1
        self.card.reset()

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        self.commands.append(apdu)
        try:
            response = self.card.process(apdu)
        except CardPulled:
            raise NeedsAttention("card_removed") from None
        return response[:-2], int.from_bytes(response[-2:], "big")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.card.reset()


@dataclass
class Reading:
    """What a whole reading has given; `at` is the number of commands after which something was told."""

    line: Line
    progress: list[float] = field(default_factory=list)
    fields: Fields | None = None
    portrait: Portrait | None = None
    at: dict[str, int] = field(default_factory=dict)
    result: ChipData | None = None

    @property
    def data(self) -> ChipData:
        assert self.result is not None
        return self.result


def store_of(*authorities: Authority) -> TrustStore:
    """The trust store with these authorities and their revocation lists."""
    return TrustStore(
        tuple(x509.Certificate.load(one.csca_certificate) for one in authorities),
        tuple(crl.CertificateList.load(one.revocation_list) for one in authorities),
    )


def read(card: ChipCard, key: AccessKey = CAN, store: TrustStore | None = None) -> Reading:
    """Read a card to the end. Raises what the reader raises."""
    reading = Reading(Line(card))
    for event in read_chip(reading.line, key, store or store_of(Authority.create())):
        match event:
            case Progress(done):
                reading.progress.append(done)
            case Fields():
                reading.fields, reading.at["fields"] = event, len(reading.line.commands)
            case Portrait():
                reading.portrait, reading.at["portrait"] = event, len(reading.line.commands)
            case ChipData():
                reading.result = event
    return reading


def read_profile(profile: Profile, key: AccessKey = CAN, faults: Faults | None = None) -> Reading:
    """Read a card of this kind, signed by the authority that its profile wants."""
    authority = Authority.create(profile.signature, profile.digest)
    return read(make_card(PERSON, profile, authority, faults), key, store_of(authority))
