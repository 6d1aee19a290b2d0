"""The counters on the staff's screen: who is called where, and the next touch of the officer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kiosk.hall.tickets import TicketState
from kiosk.hall.view import CounterState, CounterView
from screens.tr import tr

STATES = {CounterState.OPEN: "Đang mở", CounterState.PAUSED: "Đang tạm dừng", CounterState.CLOSED: "Đã đóng"}


class CounterRow(NamedTuple):
    """One row: its words, and up to two verbs of `hall.acts` with the texts of their buttons."""

    title: str
    detail: str
    verb: str
    text: str
    icon: str
    other_verb: str = ""
    other_text: str = ""
    other_icon: str = ""


def rows_of(counter: CounterView) -> Iterator[CounterRow]:
    """A row for the counter, and a second one for the number that is called there."""
    words: Any = tr._
    name = words("Quầy {number}").format(number=counter.number)
    about = f"{words(STATES[counter.state])} · {', '.join(counter.series)}"
    if counter.state is CounterState.CLOSED:
        yield CounterRow(name, about, "open", words("Mở quầy"), "")
    elif counter.current is None and counter.state is CounterState.PAUSED:
        yield CounterRow(name, about, "open", words("Làm việc tiếp"), "play")
    elif counter.current is None:
        yield CounterRow(
            name, about, "next", words("Gọi tiếp"), "bullhorn-outline", "close", words("Đóng quầy"), "lock-outline"
        )
    else:
        title = f"{name} · {counter.current.label}"
        ends = ("done", words("Xong"), "check")
        if counter.state is CounterState.OPEN:
            yield CounterRow(title, about, "done-next", words("Xong, gọi tiếp"), "bullhorn-outline", *ends)
        else:
            yield CounterRow(title, about, *ends)
        if counter.current.state is TicketState.CALLED:
            times = words("Đang gọi, lần {count}").format(count=counter.current.times_called)
            yield CounterRow(
                *(counter.current.label, times, "absent", words("Vắng mặt"), "account-off-outline"),
                *("recall", words("Gọi lại"), "repeat"),
            )
