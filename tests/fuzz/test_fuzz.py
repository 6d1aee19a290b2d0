"""A sample of `make fuzz` with a fixed seed, what it has found before, and that lengths are never believed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest

from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.errors import Malformed
from tests.fuzz.mutations import HUGE_LENGTHS
from tests.fuzz.regressions import INPUTS
from tests.fuzz.runner import Failure, attempt, run
from tests.fuzz.targets import HEAD, Target, targets

SAMPLE, SEED = 5000, 20260601
MOST_MEMORY = 4 * 1024 * 1024  # bytes for one input of a few kilobytes
TAGS = (0x31, 0x60, 0x61, 0x6D, 0x6E, 0x6F, 0x75, 0x77, 0x30, 0x7C, 0x87, 0x7F66)


def told(*failures: Failure | None) -> str:
    """Which target, what came out, the input: all that is needed to see it again."""
    known = [failure for failure in failures if failure is not None]
    return "\n".join(f"{failure.target}: {failure.what} {failure.data[:2000].hex()}" for failure in known)


def by_name(name: str) -> Target:
    (found,) = (target for target in targets() if target.name == name)
    return found


def test_a_sample_of_hostile_inputs() -> None:
    counts, failures = run(targets(), SAMPLE, SEED)
    assert not failures, told(*failures.values())
    assert sum(counts.values()) == SAMPLE
    assert min(counts.values()) > 0


@pytest.mark.parametrize("number", range(len(INPUTS)))
def test_what_was_found_before(number: int) -> None:
    name, data = INPUTS[number]
    failure = attempt(by_name(name), data)
    assert failure is None, told(failure)


def test_a_valid_input_reaches_the_end() -> None:
    """The seeds of what raises on the first wrong byte are taken: else the mutations would only scratch its surface."""
    for target in targets():
        if target.name in ("pace", "signed_challenge"):  # their random values are those of another conversation
            continue
        for seed in target.seeds:
            if len(seed) < HEAD:  # of a portrait there is only the head
                target.take(seed)


@pytest.fixture
def _memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("_memory")
@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_lengths_are_not_believed(target: Target) -> None:
    """An object of a few bytes that claims to hold gigabytes costs no more memory than any other."""
    attempt(target, target.seeds[0])  # what is loaded and cached once does not count
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    for tag in TAGS:
        for length in HUGE_LENGTHS:
            head = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
            failure = attempt(target, head + length + bytes(20))
            assert failure is None, told(failure)
            failure = attempt(target, tlv.encode(tag, b"\x30" + length + bytes(20)))
            assert failure is None, told(failure)
    assert tracemalloc.get_traced_memory()[1] - before < MOST_MEMORY


def test_a_failure_is_noticed() -> None:
    """The runner sees what is no `DeviceError`, tells the input, and lets a `DeviceError` pass."""

    def broken(data: bytes) -> None:
        if data[:1] == b"\x01":
            raise IndexError("list index out of range")
        raise Malformed("as it should be")

    target = Target("broken", 1, (b"\x00abc",), broken)
    assert attempt(target, b"\x02") is None
    failure = attempt(target, b"\x01")
    assert failure is not None
    assert failure.data == b"\x01"
    assert failure.what.startswith("IndexError: list index out of range at test_fuzz.py:")
    counts, failures = run((target,), 300, 1)
    assert counts == {"broken": 300}
    assert len(failures) == 1


def test_the_same_seed_gives_the_same_inputs() -> None:
    seen: list[list[bytes]] = [[], []]
    for kept in seen:
        run((Target("all", 1, (b"\x30\x03\x02\x01\x05", bytes(40)), kept.append),), 500, 42)
    assert seen[0] == seen[1]
    assert len(set(seen[0])) > 300
