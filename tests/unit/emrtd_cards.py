"""Whole readings of simulated cards, for the tests of the reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from asn1crypto import crl, x509

from devices.card_reader.chip import files
from devices.card_reader.chip.authentication import active_authentication, chip_authentication, dg14, dg15
from devices.card_reader.chip.authority import Authority
from devices.card_reader.chip.card import ChipCard, Keys, make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import Person, Profile
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.mrz import MrzKey
from devices.card_reader.emrtd.reader import read_chip
from devices.card_reader.emrtd.results import ChipData, ChipEvent, CloneCheck, Fields, Progress, Trust
from devices.card_reader.emrtd.trust import TrustStore
from devices.card_reader.simulated import SimulatedCardReader
from devices.interfaces import CardConnection

PERSON = Person()
CAN = AccessKey(can=PERSON.can)
MRZ = AccessKey(mrz=PERSON.mrz_key)
BOTH = AccessKey(can=PERSON.can, mrz=PERSON.mrz_key)
WRONG = AccessKey(can="000000")
OTHER_MRZ = MrzKey("000000000", "700101", "300101")
WHOLE = (Trust.TRUSTED, "", CloneCheck.GENUINE)  # the outcome of a good card
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass
class Counted:
    """A connection that notes each command and each reset as they go over the line; `twist` may change an answer."""

    inner: CardConnection
    twist: Callable[[bytes, bytes, int], tuple[bytes, int]] | None = None
    commands: list[bytes] = field(default_factory=list)
    answers: list[tuple[bytes, int]] = field(default_factory=list)
    resets: list[int] = field(default_factory=list)

    @property
    def atr(self) -> bytes:
        """As the card has it."""
        return self.inner.atr

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """One command to the card."""
        self.commands.append(apdu)
        answer = self.inner.transmit(apdu)
        if self.twist:
            answer = self.twist(apdu, *answer)
        self.answers.append(answer)
        return answer

    def reset(self) -> None:
        """Power off and on."""
        self.resets.append(len(self.commands))
        self.inner.reset()

    def __enter__(self) -> Counted:
        return self

    def __exit__(self, *exc: object) -> None: ...


@dataclass
class Reading:
    """What a reading gave, and how many commands had gone over the line at each event."""

    connection: Counted
    events: list[tuple[int, ChipEvent]] = field(default_factory=list)

    @property
    def data(self) -> ChipData:
        """The result, which is the last event."""
        (found,) = (event for _, event in self.events if isinstance(event, ChipData))
        assert self.events[-1][1] is found
        return found

    @property
    def progress(self) -> list[float]:
        """All that the bar would show."""
        return [event.done for _, event in self.events if isinstance(event, Progress)]

    def at(self, kind: type[Fields] | type[Portrait] | type[ChipData]) -> int:
        """Commands until this event, which comes once."""
        (count,) = (count for count, event in self.events if isinstance(event, kind))
        return count

    @property
    def outcome(self) -> tuple[Trust, str, CloneCheck]:
        """Trust, its reason, clone check."""
        return self.data.verdict.trust, self.data.verdict.reason, self.data.clone_check


def certificate(authority: Authority | None = None) -> x509.Certificate:
    """The CSCA of an authority."""
    return x509.Certificate.load((authority or Authority.create()).csca_certificate)


def store(authority: Authority | None = None, revoked: bool = True) -> TrustStore:
    """Trusts this authority, and knows its revocation list."""
    made = authority or Authority.create()
    lists = (crl.CertificateList.load(made.revocation_list),) if revoked else ()
    return TrustStore((certificate(made),), lists)


def card_of(
    profile: Profile,
    signed: Callable[[dict[int, bytes]], None],
    shown: Callable[[dict[int, bytes]], None],
    faults: Faults | None = None,
) -> ChipCard:
    """A card whose security object covers the data groups after `signed`, and which has them after `shown`."""
    keys = Keys(chip_authentication(profile, copied=False), active_authentication(profile, copied=False))
    groups = files.groups(PERSON, profile)
    groups[14] = dg14(profile, keys.chip)
    if keys.active:
        groups[15] = dg15(keys.active)
    signed(groups)
    sod = Authority.create().sign_sod(groups)
    shown(groups)
    content = {files.SOD: sod, files.COM: files.com(groups)}
    content |= {files.DATA_GROUP + number: group for number, group in groups.items()}
    held = files.Files(files.master(profile), content)
    return ChipCard(held, profile, PERSON.mrz_key, PERSON.can, faults, keys)


def read(
    profile: Profile | None = None,
    key: AccessKey = CAN,
    *,
    person: Person = PERSON,
    card: ChipCard | None = None,
    trust: TrustStore | None = None,
    twist: Callable[[bytes, bytes, int], tuple[bytes, int]] | None = None,
    now: datetime = NOW,
    into: list[Reading] | None = None,
    faults: Faults | None = None,
) -> Reading:
    """One reading of a card of this kind; `into` gets it also when it ends with an error."""
    profile = profile or Profile()
    reader = SimulatedCardReader()
    reader.insert(card or make_card(person, profile, None, faults))
    trust = store(Authority.create(profile.signature, profile.digest)) if trust is None else trust
    with reader.connect() as line:
        reading = Reading(Counted(line, twist))
        if into is not None:
            into.append(reading)
        for event in read_chip(reading.connection, key, trust, now):
            reading.events.append((len(reading.connection.commands), event))
    return reading


def steps(reading: Reading, *names: str) -> int:
    """Commands that these steps took together."""
    return sum(step.apdus for step in reading.data.steps if step.name in names)


def ascending(values: Sequence[float]) -> bool:
    """Whether nothing goes back."""
    return list(values) == sorted(values)
