"""One whole reading of a chip: open it, read it, check it; told step by step as it happens."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from devices.card_reader.emrtd import capabilities, chip_authentication, data_groups, security_infos, security_object
from devices.card_reader.emrtd.access import AccessKey, open_chip
from devices.card_reader.emrtd.capabilities import EXTENDED_LENGTHS, TOLD_IN_FILE
from devices.card_reader.emrtd.channel import (
    ATR_INFO,
    COM,
    DATA_GROUPS,
    DG1,
    DG2,
    DG13,
    DG14,
    DG15,
    SOD,
    Channel,
    File,
    Trace,
)
from devices.card_reader.emrtd.errors import BlockRefused, ChipProtocolError, Malformed
from devices.card_reader.emrtd.public_keys import parse_public_key
from devices.card_reader.emrtd.results import (
    Access,
    ChipData,
    ChipEvent,
    CloneCheck,
    Fields,
    Progress,
    StepTime,
    Verdict,
)
from devices.card_reader.emrtd.security_infos import SecurityInfos
from devices.card_reader.emrtd.trust import TrustStore
from devices.interfaces import CardConnection

T = TypeVar("T")
SMALLER_BLOCKS = (0, 128, 64)  # bytes, after the largest was refused; 0: what fits a short answer
EXPECTED_BYTES = {"DG1": 95, "DG13": 450, "DG2": 15_000, "SOD": 2_000, "DG14": 400}  # until the file tells its size
EXPECTED_COMMANDS = {"access": 7, "clone_check": 3}


def read_chip(
    connection: CardConnection,
    key: AccessKey,
    store: TrustStore,
    now: datetime | None = None,
    trace: Trace | None = None,
) -> Iterator[ChipEvent]:
    """Read the chip: yields `Progress` all along, `Fields` and `Portrait` as soon as they are there, `ChipData` last.

    Where the card refuses large blocks, everything starts afresh with smaller ones. Raises `DeviceError`: see
    `devices.card_reader.emrtd.errors`, and `card_removed` from the connection.
    """
    channel = Channel(connection, trace=trace)
    try:
        yield from _Reading(channel, key, store, now or datetime.now(UTC)).run()
    finally:
        channel.messaging = None  # keys are dropped after use


class _Reading:
    """The state of one reading; `files` holds what was read, so that a new start does not read it again."""

    def __init__(self, channel: Channel, key: AccessKey, store: TrustStore, now: datetime) -> None:
        self._channel, self._key, self._store, self._now = channel, key, store, now
        self._files: dict[str, bytes | None] = {}
        self._shown = 0.0
        self._left = {name: float(count) for name, count in EXPECTED_COMMANDS.items()}
        self._sizes = dict(EXPECTED_BYTES)
        self._steps: list[StepTime] = []
        self._mark = (0, 0, time.perf_counter())
        self._started = self._mark[2]
        self._told: set[str] = set()

    def run(self) -> Iterator[ChipEvent]:
        yield Progress(0.0)
        extended = self._extended_response()
        blocks = (-1, *SMALLER_BLOCKS) if extended else SMALLER_BLOCKS
        for attempt, block in enumerate(blocks):
            try:
                access = self._open(block, extended)
                yield from self._read_all(access)
                break
            except BlockRefused:
                if attempt == len(blocks) - 1:
                    raise
                self._channel.reset()

    def _extended_response(self) -> int:
        """Most bytes of an answer when the card takes extended lengths, else 0."""
        functions = capabilities.software_functions(self._channel.connection.atr)
        if not functions & EXTENDED_LENGTHS:
            return 0
        if not functions & TOLD_IN_FILE:
            return capabilities.USUAL_RESPONSE
        content, _ = self._channel.send(ATR_INFO.read_command())
        return capabilities.response_limit(content)

    def _open(self, block: int, extended: int) -> Access:
        self._channel.block = 0 if block < 0 else block
        access = open_chip(self._channel, self._key)
        if block < 0 and self._channel.messaging:
            self._channel.block = self._channel.messaging.largest_read(extended)
        self._left.pop("access", None)
        self._step("access")
        return access

    # -- reading -------------------------------------------------------------------------------------------------
    def _read_all(self, access: Access) -> Iterator[ChipEvent]:
        for file in (DG1, DG13):
            yield from self._read(file)
        fields = self._fields()
        yield from self._once("fields", fields)
        yield from self._read(DG2)
        portrait = _readable(data_groups.parse_dg2, self._files["DG2"])
        if portrait:
            yield from self._once("portrait", portrait)
        yield from self._read(SOD)
        yield from self._read(DG14)
        clone_check = yield from self._clone_check()
        verdict = self._verdict()
        self._step("trust")
        channel = self._channel
        seconds = time.perf_counter() - self._started
        yield Progress(1.0)
        yield ChipData(
            access,
            fields.mrz,
            fields.citizen,
            portrait,
            verdict,
            clone_check,
            channel.apdus,
            channel.octets,
            seconds,
            tuple(self._steps),
            hashlib.sha256(self._files["SOD"] or b"").hexdigest(),
        )

    def _read(self, file: File, step: str = "") -> Iterator[Progress]:
        if file.name in self._files:
            return
        reading = self._channel.read(file)
        content: bytes | None = None
        try:
            while True:
                done, total = next(reading)
                self._sizes[file.name] = total - done
                yield self._progress()
        except StopIteration as end:
            content = end.value
        self._sizes.pop(file.name, None)
        self._files[file.name] = content
        self._step(step or file.name)

    def _fields(self) -> Fields:
        content = self._files["DG1"]
        if content is None:
            raise Malformed("the card has no DG1")
        return Fields(data_groups.parse_dg1(content), _readable(data_groups.parse_dg13, self._files["DG13"]))

    def _once(self, name: str, event: ChipEvent) -> Iterator[ChipEvent]:
        if name not in self._told:
            self._told.add(name)
            yield event

    # -- checking ------------------------------------------------------------------------------------------------
    def _verdict(self) -> Verdict:
        groups = {
            number: content
            for number, file in DATA_GROUPS.items()
            if (content := self._files.get(file.name)) is not None
        }
        return self._store.check(self._files["SOD"], groups, self._now)

    def _clone_check(self) -> Generator[ChipEvent, None, CloneCheck]:
        """Chip authentication, else active authentication, whichever the chip offers; last, as a copy ends it."""
        infos = self._security_infos()
        picked = chip_authentication.pick(infos)
        try:
            if picked:
                chip_authentication.authenticate_chip(self._channel, *picked)
                yield from self._read(COM, "clone_check")  # the first answer under the new keys: a copy cannot give it
                return CloneCheck.GENUINE
            yield from self._read(COM)
            if not self._offered(15):
                return CloneCheck.NOT_CHECKED
            yield from self._read(DG15)
            return self._signs_challenge(infos)
        except BlockRefused:
            raise
        except (ChipProtocolError, Malformed):
            return CloneCheck.COPIED
        finally:
            self._left.pop("clone_check", None)
            self._step("clone_check")

    def _signs_challenge(self, infos: SecurityInfos) -> CloneCheck:
        content = self._files["DG15"]
        if content is None:
            return CloneCheck.NOT_CHECKED
        key = parse_public_key(data_groups.parse_dg15(content))
        expected = max(256, self._channel.block)
        genuine = chip_authentication.authenticate_actively(
            self._channel, key, infos.active_authentication_hash, expected
        )
        return CloneCheck.GENUINE if genuine else CloneCheck.COPIED

    def _security_infos(self) -> SecurityInfos:
        content = self._files["DG14"]
        if content is None:
            return SecurityInfos()
        return _readable(lambda data: security_infos.parse(data_groups.parse_dg14(data)), content) or SecurityInfos()

    def _offered(self, number: int) -> bool:
        """Whether the signed list of hashes, or COM, names a data group."""
        signed = _readable(security_object.parse, self._files["SOD"])
        listed = _readable(data_groups.parse_com, self._files.get("COM"))
        return bool((signed and number in signed.hashes) or (listed and number in listed))

    # -- how far -------------------------------------------------------------------------------------------------
    def _progress(self) -> Progress:
        messaging = self._channel.messaging
        block = self._channel.block or (messaging.largest_read() if messaging else 256)
        left = sum(self._left.values()) + sum(size / block for size in self._sizes.values())
        self._shown = max(self._shown, self._channel.apdus / (self._channel.apdus + left))
        return Progress(self._shown)

    def _step(self, name: str) -> None:
        apdus, octets, since = self._mark
        self._mark = (self._channel.apdus, self._channel.octets, time.perf_counter())
        cost = StepTime(name, self._mark[0] - apdus, self._mark[1] - octets, self._mark[2] - since)
        if self._steps and self._steps[-1].name == name:
            cost = self._steps.pop() + cost
        self._steps.append(cost)


def _readable(parse: Callable[[bytes], T], content: bytes | None) -> T | None:
    """What a file says; None when it is not there, or not in the form of its standard."""
    if content is None:
        return None
    try:
        return parse(content)
    except Malformed:
        return None
