"""Runs self-tests beside each other, each with a hard time limit, and writes the plain-text report."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kiosk.diagnostics.records import TestRecord, Verdict
from kiosk.diagnostics.selftests import Finding, SelfTest, failed, record_of, timed
from offline_queue.errors import surprise

Run = Callable[[], Finding]
LIMIT_SECONDS = 12.0  # for all together, so that a whole report takes less than 15 s, also cold


def run_all(
    tests: Sequence[tuple[SelfTest, Run]], clock: Callable[[], datetime], seconds: float = LIMIT_SECONDS
) -> tuple[TestRecord, ...]:
    """All tests at once, each on a thread of its own, in the order in which they were given.

    What has not ended after `seconds` is a failure (`device_hangs`, `test_hangs`), and its thread is left behind.
    """
    done: queue.SimpleQueue[tuple[int, TestRecord]] = queue.SimpleQueue()
    at, started = clock(), time.perf_counter()
    for number, (test, run) in enumerate(tests):
        threading.Thread(target=_put, args=(done, number, test, run, clock), name=test.key, daemon=True).start()
    records: dict[int, TestRecord] = {}
    while len(records) < len(tests):
        try:
            number, record = done.get(timeout=max(0.0, seconds - (time.perf_counter() - started)))
        except queue.Empty:
            break
        records[number] = record
    return tuple(records.get(n) or record_of(test, hung(test), at, seconds) for n, (test, _) in enumerate(tests))


def hung(test: SelfTest) -> Finding:
    """A test that did not end in its time."""
    return failed("device_hangs" if test.device else "test_hangs")


def guarded(run: Run) -> Finding:
    """A surprise in a test is a line of the report: its kind and place, never its text."""
    try:
        return run()
    except Exception as error:  # noqa: BLE001  no exception crosses a thread, and no probe is a crash
        return failed("test_broken", reason=surprise(error))


def _put(
    done: queue.SimpleQueue[tuple[int, TestRecord]],
    number: int,
    test: SelfTest,
    run: Run,
    clock: Callable[[], datetime],
) -> None:
    done.put((number, timed(test, lambda: guarded(run), clock)))


MARKS = {Verdict.PASS: "pass", Verdict.FAIL: "FAIL", Verdict.NOT_DONE: "not done"}


def table(answer: Mapping[str, Any], sentence: Callable[[str], str]) -> Iterator[str]:
    """The report as a person reads it: one line for each part and each test; `sentence` explains a code."""
    for kind, device in answer["devices"].items():
        told = f"{device['condition']}" if device["configured"] else "not configured"
        figures = {**device.get("connection", {}), "since": _since(device)}
        yield _line("", kind, told, device.get("code"), figures, sentence)
        yield from _tests(device.get("tests", ()), sentence)
    for name in ("province", "host"):
        part = answer[name]
        yield _line("", name, "ok" if part["ok"] else "needs a hand", part.get("code"), {}, sentence)
        for inner, label in (("own_files", "mistakes"), ("hall_database", "database")):
            if one := part.get(inner):
                told = "ok" if one["ok"] else "needs a hand"
                yield _line("  ", inner.replace("_", " "), told, one["code"], {label: one["detail"]}, sentence)
        yield from _tests(part.get("tests", ()), sentence)


def _since(device: Mapping[str, Any]) -> str:
    """When a kiosk has first seen a device as it is now, to the minute; empty when it was otherwise then."""
    last = next(iter(device.get("history", ())), None)
    if last is None or (last["condition"], last["code"] or None) != (device["condition"], device["code"]):
        return ""
    return datetime.fromisoformat(last["at"]).strftime("%Y-%m-%d %H:%M")


def _tests(tests: Sequence[Mapping[str, Any]], sentence: Callable[[str], str]) -> Iterator[str]:
    for test in tests:
        mark = MARKS[Verdict(test["verdict"])]
        yield _line("  ", test["test"], f"{mark:<9}{test['seconds']:6.2f} s", test["code"], test["figures"], sentence)


def _line(
    indent: str,
    name: str,
    told: str,
    code: str | None,
    figures: Mapping[str, Any],
    sentence: Callable[[str], str],
) -> str:
    parts = [sentence(code)] if code else []
    parts += [f"{key} {value}" for key, value in figures.items() if value not in ("", None)]
    return f"{indent}{name:<{22 - len(indent)}} {told:<20} {' · '.join(parts)}".rstrip()
