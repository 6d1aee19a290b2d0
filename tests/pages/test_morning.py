"""A morning in a hall of two kiosks and three counters, with browsers at the desk and on the wall.

Whatever happens, and also when the database goes away and comes back: nobody's number is lost or called twice, and
everybody is served, or was absent three times.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kiosk.hall.counters import Counters
from kiosk.hall.tickets import AT_COUNTER, WAITING, HallError, Ticket, TicketState
from kiosk.hall.view import Call
from kiosk.pages.spotlight import spotlight
from tests.hall.house import House
from tests.hall.postgres import Server
from tests.pages.conftest import Tabs
from tests.pages.desk import OFFICER, Office, eventually
from tests.pages.test_hall_in_browser import BOUNCE_MS, log_in

CITIZENS = 120
LOOKED_AT_EVERY = 60  # acts
GROUPS = ("", "", "", "Người cao tuổi", "Phụ nữ mang thai")
ENDED = (TicketState.DONE, TicketState.CANCELLED)


class Morning:
    """What happens, chosen by chance, and what must hold after each act."""

    def __init__(self, office: Office, other: House) -> None:
        self.office = office
        self.kiosks = (office.house, other)
        self.desks: dict[int, Counters] = {1: office.counters, 3: office.counters, 4: other.counters}
        self.chance = random.Random(120)
        self.known: dict[int, Ticket] = {}
        self.issued = 0
        self.acts: Counter[str] = Counter()

    def later(self, seconds: float) -> None:
        """Time goes by, the same at both kiosks."""
        for kiosk in self.kiosks:
            kiosk.later(seconds=seconds)

    def arrive(self) -> None:
        """Somebody takes a number at one of the kiosks."""
        kiosk = self.chance.choice(self.kiosks)
        kiosk.take(self.chance.choice("AAB"), self.chance.choice(GROUPS))
        self.later(0)
        self.issued += 1
        self.acts["take"] += 1

    def work(self, number: int) -> None:
        """An officer does what may be done next."""
        desk = self.desks[number]
        view = desk.snapshot().counter(number)
        assert view is not None
        current = view.current
        if current is None and view.held and self.chance.random() < 0.7:
            self.do("resume", lambda: desk.resume(view.held[0].ticket_id, number, OFFICER))
        elif current is None:
            self.do("call", lambda: desk.call_next(number, OFFICER))
        elif current.state is TicketState.CALLED:
            self.answered(desk, number, current)
        else:
            self.do(*self.chance.choice([("done", lambda: desk.done(number, OFFICER))] * 8 + self.aside(desk, number)))

    def answered(self, desk: Counters, number: int, call: Call) -> None:
        """Who was called comes, or is called again, or does not come."""
        luck = self.chance.random()
        if luck < 0.75:
            self.do("serve", lambda: desk.serve(number, OFFICER))
        elif luck < 0.85 and call.times_called < 3:
            self.later(20)
            self.do("recall", lambda: desk.recall(number, OFFICER))
        else:
            self.later(45)
            self.do("absent", lambda: desk.absent(number, OFFICER))

    def aside(self, desk: Counters, number: int) -> list[tuple[str, Callable[[], object]]]:
        """What is done with a number beside ending it."""
        letter = self.chance.choice("AB")
        return [
            ("hold", lambda: desk.hold(number, OFFICER)),
            ("transfer", lambda: desk.transfer(number, OFFICER, letter)),
        ]

    def do(self, name: str, verb: Callable[[], object]) -> None:
        """One act."""
        self.later(7)
        verb()
        self.acts[name] += 1

    def check(self) -> None:
        """Nobody is lost, nobody is at two counters, nobody's place has changed."""
        now = self.numbers()
        if len(now) < self.issued:  # one that was given while the database was slow joins later
            eventually(lambda: len(self.numbers()) == self.issued)
            now = self.numbers()
        assert len(now) == self.issued
        assert len({one.label for one in now.values()}) == self.issued
        assert now.keys() >= self.known.keys()
        for one in now.values():
            before = self.known.get(one.id, one)
            assert one.place_at == before.place_at or one.state is TicketState.ABSENT
            assert before.state not in ENDED or one.state is before.state
        busy = [one.counter for one in now.values() if one.state in AT_COUNTER]
        assert len(busy) == len(set(busy))
        self.known = now

    def numbers(self) -> dict[int, Ticket]:
        """All numbers of the day by their id, as the desk's kiosk reads them now."""
        for kiosk in self.kiosks:
            kiosk.store.refresh()
        return {one.id: one for one in self.office.tickets.of_day(self.office.now.date())}

    @property
    def over(self) -> bool:
        """Nobody is left."""
        return self.issued >= CITIZENS and all(one.state in ENDED for one in self.known.values())


def looked_at(morning: Morning, board: Page, desk: Page) -> None:
    """What the browsers show is what is."""
    office = morning.office
    hall = office.counters.snapshot()
    light: tuple[Call, ...] = spotlight(hall.calls, office.now).calls
    expect(board.locator(".call:not(.rest) b")).to_have_text([call.label for call in light])
    view = hall.counter(1)
    assert view is not None
    expect(desk.locator("#number")).to_have_text(view.current.label if view.current else "–")
    waiting = sum(one.series == "A" for one in hall.waiting)
    expect(desk.locator(".lines .count")).to_have_text(str(waiting))


def without_the_database(morning: Morning, server: Server, board: Page) -> None:
    """It is gone for a while: numbers are given on, nobody is called, and everybody joins when it is back."""
    server.stop()
    eventually(lambda: all(kiosk.counters.snapshot().stale for kiosk in morning.kiosks))
    expect(board.locator(".old")).to_contain_text("Số liệu trên bảng chưa mới.")
    light = spotlight(morning.office.counters.snapshot().calls, morning.office.now).calls
    expect(board.locator(".call:not(.rest) b")).to_have_text([call.label for call in light])  # for its full time
    for kiosk in morning.kiosks:
        assert kiosk.take("A").label == f"A-{'K1' if kiosk is morning.kiosks[0] else 'K2'}-001"
        morning.issued += 1
    for number, desk in morning.desks.items():
        with pytest.raises(HallError, match="hall_away"):
            desk.call_next(number, OFFICER)
    server.start()
    eventually(lambda: not any(kiosk.counters.snapshot().stale for kiosk in morning.kiosks))
    eventually(lambda: len(morning.office.tickets.of_day(morning.office.now.date())) == morning.issued)
    expect(board.locator(".old")).to_have_count(0)


@pytest.fixture
def morning(location: str, tmp_path: Path) -> Iterator[Morning]:
    """The hall before it opens."""
    with Office(tmp_path / "office", house=House(location, tmp_path / "k1", hours=())) as office:
        other = House(location, tmp_path / "k2", hours=(), kiosk_id="k2")
        other.now = office.now
        yield Morning(office, other)
        other.close()


@pytest.mark.timeout(400)  # it takes a fraction of that, on a machine that has nothing else to do
def test_a_morning(morning: Morning, location: str, tabs: Tabs, request: pytest.FixtureRequest) -> None:
    office = morning.office
    board = tabs.open(f"{office.url}/board", 1920, 1080)
    desk = tabs.open(f"{office.url}/counter")
    log_in(desk)
    for number, counters in morning.desks.items():
        counters.open(number, OFFICER)
    step = 0
    while not morning.over:
        step += 1
        if morning.issued < CITIZENS and morning.chance.random() < 0.45:
            morning.arrive()
        else:
            morning.work(morning.chance.choice(tuple(morning.desks)))
        morning.check()
        if step == 150 and "://" in location:
            without_the_database(morning, request.getfixturevalue("server"), board)
            morning.check()
        if step % LOOKED_AT_EVERY == 0:
            looked_at(morning, board, desk)
            desk.wait_for_timeout(BOUNCE_MS)
            with desk.expect_response(f"{office.url}/counter"):  # what counter 1 does next, it does at its own desk
                desk.keyboard.press("Space")
        assert step < 5000
    states = Counter(one.state for one in morning.known.values())
    assert states[TicketState.DONE] + states[TicketState.CANCELLED] == morning.issued >= CITIZENS
    assert states[TicketState.DONE] > CITIZENS // 2
    assert all(one.absences == 3 for one in morning.known.values() if one.state is TicketState.CANCELLED)
    assert morning.acts.keys() >= {"take", "call", "serve", "done", "recall", "absent", "hold", "resume", "transfer"}
    assert not [one for one in morning.known.values() if one.state in WAITING]
