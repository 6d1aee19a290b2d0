"""Cost of reading a chip: commands to the card, and our own processor time without that of the simulated card."""

from __future__ import annotations

import secrets
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from devices.card_reader.chip.card import ChipCard, make_card
from devices.card_reader.chip.profile import Person, Profile
from devices.card_reader.emrtd import curves
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.ciphers import AES128, pad
from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.reader import read_chip
from devices.card_reader.emrtd.results import ChipData, Fields
from devices.card_reader.simulated import simulated_trust

READINGS = 30
SCALAR_PRODUCTS = (
    7  # PACE: key, nonce times G, their key times ours, key, agreement; chip authentication: key, agreement
)


class Metered:
    """A line to a simulated card that takes its processor time away from ours."""

    def __init__(self, card: ChipCard) -> None:
        self._card = card
        self.card_seconds = 0.0
        self.apdus = 0
        self.answers: list[int] = []
        card.reset()

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def reset(self) -> None:
        self._card.reset()

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        begin = time.thread_time()
        response = self._card.process(apdu)
        self.apdus += 1
        self.answers.append(len(response))
        self.card_seconds += time.thread_time() - begin
        return response[:-2], int.from_bytes(response[-2:], "big")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._card.reset()


@dataclass
class Reading:
    """One whole reading: our milliseconds by step, commands until the fields, the portrait, the end."""

    steps: dict[str, float]
    fields: int
    portrait: int
    apdus: int
    answers: list[int]

    @property
    def milliseconds(self) -> float:
        return sum(self.steps.values())


def measure() -> Mapping[str, Any]:
    """Figures for PACE and BAC with short lengths and PACE with extended ones, and what the ciphers alone cost."""
    person = Person()
    can, mrz = AccessKey.from_id_number(person.number), AccessKey(mrz=person.mrz_key)
    kinds = {
        "pace": (Profile(), can),
        "bac": (Profile(pace_curve=None), mrz),
        "extended": (Profile(extended_length=True), can),
    }
    answer: dict[str, Any] = {}
    for name, (profile, key) in kinds.items():
        card = make_card(person, profile)
        read(card, key)  # loads the libraries
        readings, bare = [], []
        for _ in range(READINGS):
            readings.append(read(card, key))
            bare.append(ciphers_alone(readings[-1].answers))
        ours = [reading.milliseconds for reading in readings]
        last = readings[-1]
        answer |= {
            f"{name}_apdus_to_fields": last.fields,
            f"{name}_apdus_to_portrait": last.portrait,
            f"{name}_apdus": last.apdus,
            f"{name}_cpu_ms": _spread(ours),
            f"{name}_ciphers_alone_ms": _spread(bare),
            f"{name}_ratio": statistics.median(ours) / statistics.median(bare),
            f"{name}_steps_ms": {
                step: round(statistics.median(reading.steps[step] for reading in readings), 2) for step in last.steps
            },
        }
    return answer


def read(card: ChipCard, key: AccessKey) -> Reading:
    """Read it once; the seconds of a step are those of the thread, less what the card took."""
    line, store = Metered(card), simulated_trust()
    steps: dict[str, float] = defaultdict(float)
    marks = {"fields": 0, "portrait": 0}
    begin = time.thread_time()
    for event in read_chip(line, key, store):
        if isinstance(event, Fields):
            marks["fields"] = line.apdus
            begin = _step(steps, "to fields", line, begin)
        elif isinstance(event, Portrait):
            marks["portrait"] = line.apdus
            begin = _step(steps, "portrait", line, begin)
        elif isinstance(event, ChipData):
            begin = _step(steps, "trust and clone check", line, begin)
    return Reading(dict(steps), marks["fields"], marks["portrait"], line.apdus, line.answers)


def _step(steps: dict[str, float], name: str, line: Metered, begin: float) -> float:
    now = time.thread_time()
    steps[name] += 1000 * (now - begin - line.card_seconds)
    line.card_seconds = 0.0
    return now


def ciphers_alone(answers: list[int]) -> float:
    """Milliseconds of decrypting and checking answers of these sizes under AES-128, and of the scalar products."""
    key, counter, curve = secrets.token_bytes(16), bytes(16), curves.BY_NUMBER[13]
    point = curves.multiply(curves.generator(curve), curves.private_key(curve))
    begin = time.thread_time()
    for size in answers:
        body = pad(bytes(max(1, size - 16)), 16)
        AES128.decrypt(key, body, AES128.iv(key, counter))
        AES128.mac(key, counter + body)
    for _ in range(SCALAR_PRODUCTS):
        curves.multiply(point, curves.private_key(curve))
    return 1000 * (time.thread_time() - begin)


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} [{min(values):.1f} … {max(values):.1f}]"
