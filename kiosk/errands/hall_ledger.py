"""One payment for each dossier in a hall of several kiosks, which tell each other of payments in their database.

Each kiosk keeps its own ledger as ever. Before it asks for a payment it takes its turn in the whole hall, looks up what
the others have asked for, and writes down what it asks for before the code is shown; so the second finds the payment of
the first, and shows the same one.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import and_, delete, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql import case

from kiosk.errands import Paying
from kiosk.errands.ledger import HALL_UNKNOWN, LATE, Charge, Ledger, Turn
from kiosk.hall.database import Run
from kiosk.hall.schema import PAYMENTS
from kiosk.hall.shared_store import SharedStore
from kiosk.hall.tickets import HallError
from kiosk.provisional import PREFIX
from offline_queue.gateway import Desk, Payment, PaymentState

log = logging.getLogger(__name__)
TURN_LOCK = 5401142  # the next to that of `bring_up_to_date`
TURN_SECONDS = 10.0  # as long as the province may take for one answer (`inquiries.LONGEST`)
OVERLAP = timedelta(days=2)  # in which what was told changes: it is told again
_OFFICIAL = "coalesce((SELECT code FROM progress WHERE progress.ref = payment.ref), code)"
_GIVE_BACK = """
UPDATE payment SET refund = 'due' WHERE payment_id = ?1 AND state = 'paid' AND refund = ''
  AND NOT EXISTS (SELECT 1 FROM payment AS own WHERE own.payment_id = ?2)
"""
_PROVISIONAL = f"{PREFIX}-%"


class HallLedger(Ledger):
    """As `Ledger`, for one of several kiosks. Raises `HallError` too, in a turn.

    One turn for the hall, not one for each dossier: two kiosks may know one dossier by different names, and only the
    province can say so. It knows client_refs and official codes, and tells the official code of either; a provisional
    code leads nowhere but to its own kiosk. So the official code is what all names lead to.

    While the database is away a kiosk is blind: it shows what it has asked for itself, and asks for nothing else. A
    dossier that was handed in here a moment ago is known nowhere else: its first payment waits for no turn, and where
    the database is away the others are told when it is back. Left open: one kiosk alone has lost the line, and before
    it has that again its citizen asks for a code at the next one; should both be paid, one is given back.

    A refund is on the list of one kiosk alone: the one that asked for the payment. So it needs no database, and no two
    officers give the same money back, also while the line is down. Of two payments of one dossier the earlier one is
    given back, by the times in the database, which are the same for all; whoever has asked for it learns that here.
    """

    def __init__(self, path: Path, store: SharedStore, clock: Callable[[], datetime]) -> None:
        super().__init__(path)
        self._store = store
        self._clock = clock
        self._told_until = datetime.min.replace(tzinfo=UTC)  # at each start all is told, whatever the database has lost
        store.tell(self.exchange)

    # -- asking --------------------------------------------------------------------------------------------------
    @contextmanager
    def turn(self, paying: Paying, province: Desk) -> Iterator[Turn]:
        """While it lasts no kiosk of the hall asks for a payment. Raises `SubmitError`."""
        own = self.charges(paying.ref)
        fresh = paying.leads_on and not own
        with ExitStack() as held:
            try:
                run = held.enter_context(self._store.database.alone(TURN_LOCK, 0 if fresh else TURN_SECONDS))
                everyones = [] if fresh else self._everyones(run, paying, province)
            except HallError as error:
                held.close()
                log.warning("payments: what other kiosks have asked for is not known: %s", error.code)
                turn = Turn(own, self.keep, "" if fresh else HALL_UNKNOWN)
            else:
                known = {charge.payment_id: charge for charge in (*everyones, *own)}
                turn = Turn(tuple(known.values()), lambda charge: self._keep_in(run, charge))
            yield turn

    def _everyones(self, run: Run, paying: Paying, province: Desk) -> list[Charge]:
        """All payments of a dossier, by all names that it has."""
        names = {paying.ref, paying.code}
        for ref in self._unnamed(run) if paying.ref == paying.code else (paying.ref,):
            if (progress := province.progress(ref)) is not None:
                run(update(PAYMENTS).where(PAYMENTS.c.ref == ref).values(code=progress.code))
                names |= {progress.code} if ref == paying.ref else set()
        either = or_(PAYMENTS.c.ref.in_(names), PAYMENTS.c.code.in_(names))
        rows = run(select(PAYMENTS).where(either).order_by(PAYMENTS.c.asked_at, PAYMENTS.c.payment_id))
        return [Charge(**{**row._mapping, "state": PaymentState(row.state)}) for row in rows]

    def _unnamed(self, run: Run) -> list[str]:
        """Dossiers of which nobody has told the official code: any of them may be the one that is paid for."""
        may_be_paid = or_(
            PAYMENTS.c.state != PaymentState.EXPIRED, PAYMENTS.c.asked_at > self._clock().astimezone(UTC) - LATE
        )
        rows = run(select(PAYMENTS.c.ref).distinct().where(PAYMENTS.c.code.like(_PROVISIONAL), may_be_paid))
        return [row.ref for row in rows]

    def _keep_in(self, run: Run, charge: Charge) -> bool:
        """First for the others: what only this kiosk has kept, it would show while they cannot know of it.

        False where one of them knows its id as another payment's.
        """
        written = _told().values(_values(charge)).returning(PAYMENTS.c.payment_id)
        return not self.is_anothers(charge) and bool(run(written)) and self.keep(charge)

    def keep(self, charge: Charge) -> bool:
        """As `Ledger`; the others are told as soon as it goes."""
        kept = super().keep(charge)
        self._store.tell(self.exchange)
        return kept

    def looked_at(self, payment: Payment) -> None:
        """As `Ledger`; the others are told what was paid."""
        super().looked_at(payment)
        if payment.state is PaymentState.PAID:
            self._store.tell(self.exchange)

    # -- the others ----------------------------------------------------------------------------------------------
    def exchange(self) -> None:
        """Tell the others what was asked for here and how it stands; learn what was paid here and again there.

        On a thread of the store. Raises `HallError`.
        """
        now = self._clock().astimezone(UTC)
        since = self._told_until.isoformat(timespec="seconds")
        try:
            if charges := self._charges("asked_at >= ?", since, _OFFICIAL):
                with self._store.database.write() as connection:
                    connection.execute(_told(), [_values(charge) for charge in charges])
            with self._store.database.read() as connection:
                twice = [tuple(pair) for by in ("ref", "code") for pair in connection.execute(_twice(by))]
            with self._open() as own:
                own.executemany(_GIVE_BACK, twice)
        except sqlite3.Error as error:  # the next exchange makes up for it
            log.error("ledger: %s", type(error).__name__)
            return
        self._told_until = now - OVERLAP

    def forget(self, now: datetime, keep: timedelta) -> None:
        """As `Ledger`, also in the hall's database."""
        super().forget(now, keep)
        if self._store.database.is_up:  # else what is owed to it is told when it comes back, and the rest after that
            self._store.tell(lambda: self._forget_everyones(now - keep))
            self._store.tell(self.exchange)

    def _forget_everyones(self, old: datetime) -> None:
        with self._store.database.write() as connection:
            connection.execute(delete(PAYMENTS).where(PAYMENTS.c.asked_at < old.astimezone(UTC)))


def _values(charge: Charge) -> Mapping[str, Any]:
    return {**vars(charge), "asked_at": charge.asked_at.astimezone(UTC)}


def _told() -> Insert:
    """What is paid stays paid, and an official code is not lost again; what has the id of another payment changes
    nothing."""
    new = insert(PAYMENTS)
    state = case((PAYMENTS.c.state == PaymentState.PAID, PAYMENTS.c.state), else_=new.excluded.state)
    code = case((new.excluded.code.like(_PROVISIONAL), PAYMENTS.c.code), else_=new.excluded.code)
    same = and_(
        PAYMENTS.c.amount_vnd == new.excluded.amount_vnd,
        or_(PAYMENTS.c.ref == new.excluded.ref, PAYMENTS.c.code == new.excluded.code),
    )
    return new.on_conflict_do_update(index_elements=["payment_id"], set_={"state": state, "code": code}, where=same)


def _twice(by: str) -> Any:
    """Payments after which another one of the same dossier was asked for, both paid; each with that one."""
    first, later = PAYMENTS.alias("first"), PAYMENTS.alias("later")
    before = tuple_(first.c.asked_at, first.c.payment_id) < tuple_(later.c.asked_at, later.c.payment_id)
    both_paid = and_(first.c.state == PaymentState.PAID, later.c.state == PaymentState.PAID)
    pairs = select(first.c.payment_id, later.c.payment_id).join(later, first.c[by] == later.c[by])
    return pairs.where(before, both_paid)
