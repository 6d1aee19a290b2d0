"""`main.py card`: the chip of the card on the reader, read once, for technicians and for other programs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devices.errors import DeviceError
from devices.interfaces import CardReader
from kiosk import builders
from kiosk.config import Config, ConfigError

if TYPE_CHECKING:
    from devices.card_reader.emrtd.access import AccessKey
    from devices.card_reader.emrtd.data_groups import Portrait
    from devices.card_reader.emrtd.results import ChipData

MEMORY = Path("/dev/shm")  # noqa: S108  a face never touches a disk; the folder in it is the user's alone


def read_card(options: argparse.Namespace, config: Config) -> Mapping[str, Any]:
    """The answer of the verb (DESIGN 6). Raises `DeviceError`, `ConfigError` for a key that is none."""
    from devices.card_reader.emrtd.reader import read_chip
    from devices.card_reader.emrtd.results import ChipData
    from devices.card_reader.emrtd.trace import TraceWriter

    with ExitStack() as exits:
        reader = builders.open_devices(config).get("card_reader")
        if reader is None:
            raise DeviceError("card_reader_absent")
        exits.callback(reader.close)
        key = _key(options, reader)
        trace = None
        if options.trace:
            trace = TraceWriter(exits.enter_context(_private(options.trace)))
        line = exits.enter_context(reader.connect())
        for event in read_chip(line, key, builders.trust_of(config)(), trace=trace):
            if isinstance(event, ChipData):
                return _answer(event)
    raise DeviceError("chip_protocol", "the reading ended without a result")


def _key(options: argparse.Namespace, reader: CardReader) -> AccessKey:
    """What opens the chip. On a simulated reader a card is laid down first, and its own number is known."""
    from devices.card_reader.emrtd import mrz
    from devices.card_reader.emrtd.access import CAN_DIGITS, AccessKey
    from devices.card_reader.emrtd.errors import Malformed
    from devices.card_reader.simulated import SimulatedCardReader

    number = options.id
    if isinstance(reader, SimulatedCardReader):
        reader.insert()
        number = number or (None if options.can or options.mrz else reader.holder.number)
    if options.mrz:
        try:
            return AccessKey(mrz=mrz.parse(options.mrz.read_text(encoding="ascii")).key())
        except (Malformed, UnicodeDecodeError):
            raise ConfigError([(str(options.mrz), "no MRZ of an ID card, three lines of 30 characters")]) from None
    if options.can and len(options.can) == CAN_DIGITS and options.can.isascii() and options.can.isdigit():
        return AccessKey(can=options.can)
    if number and len(number) == 12 and number.isascii() and number.isdigit():
        return AccessKey.from_id_number(number)
    raise ConfigError([("", "--can with 6 digits, --id with 12 digits or --mrz is needed to open the chip")])


def _answer(data: ChipData) -> dict[str, Any]:
    told = {name: value for name, value in asdict(data.citizen).items() if value} if data.citizen else {}
    return {
        "access": data.access.value,
        "fields": {**told, "mrz": asdict(data.mrz)},
        "portrait": _keep(data.portrait) if data.portrait else None,
        "trust": data.verdict.trust.value,
        "reason": data.verdict.reason or None,
        "clone_check": data.clone_check.value,
        "apdus": data.apdus,
        "bytes": data.octets,
        "seconds": round(data.seconds, 3),
        "steps": [
            {"name": step.name, "apdus": step.apdus, "bytes": step.octets, "seconds": round(step.seconds, 4)}
            for step in data.steps
        ],
    }


def _keep(portrait: Portrait) -> str:
    """Path of the face, in memory and readable by this user only; the next reading replaces it."""
    folder = MEMORY / f"kiosk-card-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    path = folder / ("portrait.jp2" if portrait.media_type == "image/jp2" else "portrait.jpg")
    with _private(path, "wb") as file:
        file.write(portrait.data)
    return str(path)


def _private(path: Path, mode: str = "w") -> Any:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(handle, mode, encoding=None if "b" in mode else "utf-8")
