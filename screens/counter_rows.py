"""The counters on the staff's screen: who is called where, and the next touch of the officer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kiosk.hall.tickets import TicketState
from kiosk.hall.view import Call, CounterState, CounterView
from screens.tr import tr

STATES = {CounterState.OPEN: "Đang mở", CounterState.PAUSED: "Đang tạm dừng", CounterState.CLOSED: "Đã đóng"}


class CounterRow(NamedTuple):
    """One row: its words, up to two verbs of `hall.acts` with the texts of their buttons, the number it is about."""

    title: str
    detail: str
    verb: str
    text: str
    icon: str
    other_verb: str = ""
    other_text: str = ""
    other_icon: str = ""
    ticket: int | None = None


def rows_of(counter: CounterView) -> Iterator[CounterRow]:
    """A row for the counter, more for the number that is called there, one for each that it has put aside."""
    words: Any = tr._
    name = words("Quầy {number}").format(number=counter.number)
    about = f"{words(STATES[counter.state])} · {', '.join(counter.series)}"
    if counter.current is not None:
        yield from _with_number(counter, counter.current, name, about)
    elif counter.state is CounterState.CLOSED:
        yield CounterRow(name, about, "open", words("Mở quầy"), "")
    elif counter.state is CounterState.PAUSED:
        goes_on = ("open", words("Làm việc tiếp"), "play")
        yield CounterRow(name, about, *goes_on, "close", words("Đóng quầy"), "lock-outline")
    else:
        yield CounterRow(
            name, about, "next", words("Gọi tiếp"), "bullhorn-outline", "pause", words("Tạm dừng"), "pause"
        )
    if counter.current is None and counter.state is CounterState.OPEN:
        for held in counter.held:
            aside = words("Đang tạm giữ")
            yield CounterRow(held.label, aside, "resume", words("Tiếp tục"), "play", ticket=held.ticket_id)


def _with_number(counter: CounterView, current: Call, name: str, about: str) -> Iterator[CounterRow]:
    words: Any = tr._
    title, ticket = f"{name} · {current.label}", current.ticket_id
    ends = ("done", words("Xong"), "check")
    if counter.state is CounterState.OPEN:
        goes_on = ("done-next", words("Xong, gọi tiếp"), "bullhorn-outline")
        yield CounterRow(title, about, *goes_on, *ends, ticket=ticket)
    else:
        yield CounterRow(title, about, *ends, "open", words("Làm việc tiếp"), "play", ticket=ticket)
    called = words("Đang gọi, lần {count}").format(count=current.times_called)
    if current.state is TicketState.CALLED:
        away = ("absent", words("Vắng mặt"), "account-off-outline")
        yield CounterRow(current.label, called, *away, "recall", words("Gọi lại"), "repeat", ticket=ticket)
    elsewhere = ("transfer", words("Chuyển"), "swap-horizontal", "hold", words("Tạm giữ"), "pause")
    serving = words("Đang phục vụ") if current.state is TicketState.SERVING else called
    yield CounterRow(current.label, serving, *elsewhere, ticket=ticket)
