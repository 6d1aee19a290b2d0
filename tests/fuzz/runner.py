"""Gives inputs to the targets and holds them to their word: only `DeviceError`, bounded time, bounded memory."""

from __future__ import annotations

import hashlib
import random
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devices.errors import DeviceError
from tests.fuzz.mutations import mutate
from tests.fuzz.targets import Target

LONGEST_SECONDS = 2.0  # of processor time, for one input: a hundred times what the slowest one takes


@dataclass(frozen=True)
class Failure:
    """An input that made something else come out; `what` is the exception with its last frames."""

    target: str
    data: bytes = field(repr=False)
    what: str = ""

    def save(self, folder: Path) -> Path:
        """Write the input down, so that it can be tried again."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.target}-{hashlib.sha256(self.data).hexdigest()[:12]}.hex"
        path.write_text(self.data.hex() + "\n", encoding="ascii")
        return path


def attempt(target: Target, data: bytes) -> Failure | None:
    """One input. Every exception that is not a `DeviceError` is a failure, a slow answer too."""
    started = time.process_time()
    try:
        target.take(data)
    except DeviceError as error:
        if not error.code:
            return Failure(target.name, data, "an error without a code")
    except (Exception, MemoryError, RecursionError) as error:  # noqa: BLE001  finding them is what this is for
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
        return Failure(target.name, data, f"{type(error).__name__}: {str(error)[:100]} at {where}")
    used = time.process_time() - started
    return Failure(target.name, data, f"took {used:.1f} s") if used > LONGEST_SECONDS else None


def rounds(targets: tuple[Target, ...], inputs: int) -> Iterator[Target]:
    """The targets in turn, each as often as its share, `inputs` times in all."""
    once = [target for target in targets for _ in range(target.share)]
    return (once[number % len(once)] for number in range(inputs))


def run(
    targets: tuple[Target, ...], inputs: int, seed: int, told: Callable[[int], None] | None = None
) -> tuple[dict[str, int], dict[str, Failure]]:
    """Inputs by target, and the failures, one for each kind. The seeds themselves are tried first."""
    source = random.Random(seed)
    counts = dict.fromkeys((target.name for target in targets), 0)
    found: dict[str, Failure] = {}
    for target in targets:
        for data in target.seeds:
            _note(found, attempt(target, data))
    for number, target in enumerate(rounds(targets, inputs)):
        counts[target.name] += 1
        _note(found, attempt(target, mutate(source, target.seeds)))
        if told and number % 10_000 == 9_999:
            told(number + 1)
    return counts, found


def _note(found: dict[str, Failure], failure: Failure | None) -> None:
    if failure:
        found.setdefault(f"{failure.target} {failure.what}", failure)
