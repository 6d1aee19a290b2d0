"""What officers do at a counter, by name: one table for the pages of the desks and for the glass' own staff screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kiosk.hall.counters import Counters

NOBODY_WAITS = "nobody_waits"
PAUSES = {
    "break": "Nghỉ giữa giờ",
    "meeting": "Họp hoặc có việc trong trung tâm",
    "away": "Ra ngoài có việc",
    "trouble": "Máy hoặc mạng gặp sự cố",
}


@dataclass(frozen=True)
class Act:
    """What an officer asks for: the counter and the number that the officer saw, and what was chosen."""

    counter: int
    officer: str
    ticket: int | None = None
    reason: str = ""
    letter: str = ""


def _next(counters: Counters, act: Act) -> str:
    return "" if counters.call_next(act.counter, act.officer) else NOBODY_WAITS


def _done_next(counters: Counters, act: Act) -> str:
    return "" if counters.done_next(act.counter, act.officer, act.ticket) else NOBODY_WAITS


def _resume(counters: Counters, act: Act) -> str:
    counters.resume(act.ticket or 0, act.counter, act.officer)
    return ""


def _transfer(counters: Counters, act: Act) -> str:
    counters.transfer(act.counter, act.officer, act.letter, act.ticket)
    return ""


def _pause(counters: Counters, act: Act) -> str:
    counters.pause(act.counter, act.officer, act.reason if act.reason in PAUSES else "")
    return ""


def _plain(verb: Callable[[Counters, int, str], object]) -> Callable[[Counters, Act], str]:
    def do(counters: Counters, act: Act) -> str:
        verb(counters, act.counter, act.officer)
        return ""

    return do


def _with_number(verb: Callable[[Counters, int, str, int | None], object]) -> Callable[[Counters, Act], str]:
    def do(counters: Counters, act: Act) -> str:
        verb(counters, act.counter, act.officer, act.ticket)
        return ""

    return do


# name → what is done; raises `HallError`; answers the code of what is to be told, "" when the picture itself shows it
VERBS: Mapping[str, Callable[[Counters, Act], str]] = {
    "open": _plain(Counters.open),
    "close": _plain(Counters.close),
    "pause": _pause,
    "next": _next,
    "recall": _with_number(Counters.recall),
    "serve": _with_number(Counters.serve),
    "absent": _with_number(Counters.absent),
    "hold": _with_number(Counters.hold),
    "resume": _resume,
    "transfer": _transfer,
    "done": _with_number(Counters.done),
    "done-next": _done_next,
}
