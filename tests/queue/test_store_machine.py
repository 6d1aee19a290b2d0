"""The store against a plain model of it, in any order of calls."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from offline_queue.entry import EntryState, OutboxCounts, Receipt
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry, paper

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
WAITING = (EntryState.PENDING, EntryState.SENDING)
PICK = st.integers(0, 9)


@dataclass
class Expected:
    """What is known of one entry."""

    id: str
    place: int
    shas: tuple[str, ...]
    state: EntryState = EntryState.PENDING
    due: datetime | None = None
    attempts: int = 0


class StoreMachine(RuleBasedStateMachine):
    """Rules are the store's methods; the model is a list."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.outbox = Outbox(self.folder / "outbox.db", KEY)
        self.entries: list[Expected] = []
        self.now = START

    def teardown(self) -> None:
        self.outbox.close()
        shutil.rmtree(self.folder)

    def pick(self, number: int) -> Expected | None:
        return self.entries[number % len(self.entries)] if self.entries else None

    @rule(papers=st.lists(st.sampled_from(["aa" * 32, "bb" * 32, "cc" * 32]), max_size=2))
    def add(self, papers: list[str]) -> None:
        added = entry(*(paper(sha, 1) for sha in papers))
        self.outbox.add(added)
        self.outbox.add(added)
        self.entries.append(Expected(added.id, len(self.entries), tuple(papers)))

    @rule(seconds=st.integers(0, 200))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def lease(self) -> None:
        due = [e for e in self.entries if e.state in WAITING and (e.due is None or e.due <= self.now)]
        leased = self.outbox.lease(self.now, 120)
        if not due:
            assert leased is None
            return
        first = min(due, key=lambda e: (e.due or datetime.min.replace(tzinfo=UTC), e.place))
        first.state, first.due, first.attempts = (
            EntryState.SENDING,
            self.now + timedelta(seconds=120),
            first.attempts + 1,
        )
        assert leased is not None
        assert (leased.id, leased.attempts) == (first.id, first.attempts)

    @rule(number=PICK)
    def delivered(self, number: int) -> None:
        if (one := self.pick(number)) is None:
            return
        free = self.outbox.delivered(one.id, Receipt(f"code-{one.place}", 1, "2026-11-23T08:00:00Z"))
        shas, one.shas = (one.shas if one.state is not EntryState.DELIVERED else ()), ()
        one.state = EntryState.DELIVERED
        assert set(free) == set(shas) - {sha for e in self.entries for sha in e.shas}

    @rule(number=PICK)
    def reject(self, number: int) -> None:
        if (one := self.pick(number)) is not None:
            self.outbox.reject(one.id, ())
            if one.state in WAITING:
                one.state = EntryState.REJECTED

    @rule(number=PICK, seconds=st.one_of(st.none(), st.integers(0, 600)))
    def retry_at(self, number: int, seconds: int | None) -> None:
        if (one := self.pick(number)) is not None:
            at = None if seconds is None else self.now + timedelta(seconds=seconds)
            self.outbox.retry_at(one.id, at, "province_unreachable")
            if one.state in WAITING:
                one.state, one.due = EntryState.PENDING, at

    @rule(number=PICK)
    def retry_now(self, number: int) -> None:
        if (one := self.pick(number)) is not None:
            self.outbox.retry_now(one.id)
            if one.state in (EntryState.PENDING, EntryState.REJECTED):
                one.state, one.due = EntryState.PENDING, None

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.outbox = Outbox(self.folder / "outbox.db", KEY)

    @rule()
    def restart_of_the_sender(self) -> None:
        with self.outbox.sending():
            for one in self.entries:
                if one.state is EntryState.SENDING:
                    one.state, one.due = EntryState.PENDING, None

    @invariant()
    def all_is_there(self) -> None:
        def count(*states: EntryState) -> int:
            return sum(1 for e in self.entries if e.state in states)

        waiting = [e for e in self.entries if e.state in WAITING]
        assert self.outbox.counts() == OutboxCounts(
            pending=len(waiting),
            rejected=count(EntryState.REJECTED),
            delivered=count(EntryState.DELIVERED),
            oldest_pending=entry().created_at if waiting else None,
        )
        assert self.outbox.blob_ids() == {sha for e in self.entries for sha in e.shas}
        assert {one.id: one.state for one in self.outbox.list()} == {e.id: e.state for e in self.entries}


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
