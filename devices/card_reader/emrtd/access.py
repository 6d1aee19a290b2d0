"""Opening the chip: PACE with the number on the card, PACE with the MRZ, then BAC (ICAO Doc 9303-11, 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from devices.card_reader.emrtd import bac, pace, security_infos
from devices.card_reader.emrtd.apdu import OK, Command
from devices.card_reader.emrtd.channel import CARD_ACCESS, Channel
from devices.card_reader.emrtd.errors import (
    BlockRefused,
    ChipProtocolError,
    Malformed,
    NeedsMrz,
    OtherCard,
    WrongPassword,
)
from devices.card_reader.emrtd.mrz import MrzKey
from devices.card_reader.emrtd.pace import Password
from devices.card_reader.emrtd.results import Access
from devices.card_reader.emrtd.security_infos import PaceInfo

CAN_DIGITS = 6


@dataclass(frozen=True)
class AccessKey:
    """What the citizen has given of the card: the access number, or what stands in the MRZ, or both."""

    can: str = field(default="", repr=False)
    mrz: MrzKey | None = field(default=None, repr=False)

    @classmethod
    def from_id_number(cls, id_number: str, mrz: MrzKey | None = None) -> AccessKey:
        """The last six digits of the twelve are the access number (Vietnamese identity card)."""
        return cls(id_number[-CAN_DIGITS:], mrz)


Method = tuple[Access, Callable[[], None]]


def open_chip(channel: Channel, key: AccessKey) -> Access:
    """Open the application; `channel` is protected afterwards. Returns how.

    Each way is tried once, after a reset: a wrong number costs the card one try. Raises `WrongPassword`, `Blocked`,
    `OtherCard`, `NeedsMrz`, and what the connection raises.
    """
    failure: ChipProtocolError | WrongPassword | Malformed | None = None
    for count, (name, way) in enumerate(_ways(channel, key)):
        if count:
            channel.reset()
        try:
            way()
        except BlockRefused:
            raise
        except (ChipProtocolError, WrongPassword, Malformed) as error:
            # what the citizen can mend is told first
            failure = error if failure is None or isinstance(error, WrongPassword) else failure
            continue
        return name
    if failure is None and not channel.select_application():
        raise OtherCard("no application of ICAO Doc 9303")
    raise failure or NeedsMrz("the card has no PACE, and BAC needs the MRZ")


def _ways(channel: Channel, key: AccessKey) -> Iterator[Method]:
    offered = _pace_offered(channel)
    if offered:
        best = max(offered, key=lambda info: (info.suite.block, info.suite.key_bytes))
        several = len({info.parameter for info in offered if info.protocol == best.protocol}) > 1
        for name, password in _passwords(key):
            yield name, partial(_by_pace, channel, best, password, several)
    if key.mrz:
        yield Access.BAC, partial(_by_bac, channel, key.mrz)


def _passwords(key: AccessKey) -> Iterator[tuple[Access, Password]]:
    if key.can:
        yield Access.PACE_CAN, Password.from_can(key.can)
    if key.mrz:
        yield Access.PACE_MRZ, Password.from_mrz(key.mrz)


def _pace_offered(channel: Channel) -> tuple[PaceInfo, ...]:
    """From EF.CardAccess; by short identifier, else selected right after power-up, where the master file is current."""
    try:
        content = _drain(channel)
        if content is None:
            _, status = channel.send(Command(0x00, 0xA4, 0x02, 0x0C, CARD_ACCESS.file_id.to_bytes(2, "big")))
            if status != OK:
                return ()
            content, status = channel.send(Command(0x00, 0xB0, 0x00, 0x00, expected=256))
        return security_infos.parse(content).pace
    except Malformed:
        return ()


def _drain(channel: Channel) -> bytes | None:
    reading = channel.read(CARD_ACCESS)
    try:
        while True:
            next(reading)
    except StopIteration as end:
        content: bytes | None = end.value
        return content
    except BlockRefused:
        raise
    except ChipProtocolError:
        return None


def _by_pace(channel: Channel, info: PaceInfo, password: Password, several: bool) -> None:
    pace.authenticate(channel, info, password, several)
    if not channel.select_application():
        raise OtherCard("no application of ICAO Doc 9303")


def _by_bac(channel: Channel, mrz: MrzKey) -> None:
    if not channel.select_application():
        raise OtherCard("no application of ICAO Doc 9303")
    bac.authenticate(channel, mrz)
