"""What needs a hand now, the most pressing first: one list for whoever tends the machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices.interfaces import DEVICE_KINDS, Condition
from kiosk.catalogue.own_files import SHRUNK
from kiosk.errands.ledger import Charge
from kiosk.state import TICKET_LEFT, AppState, StaffTicket
from offline_queue.entry import SALVAGED

HELP_CALLED = "help_called"  # the notice after a citizen rang for staff
FIGURES_LOST, PAYMENTS_LOST = "figures_lost", "payments_lost"  # a damaged file was set aside and begun anew
SEEN_BY_STAFF = (
    HELP_CALLED,
    SALVAGED,
    FIGURES_LOST,
    PAYMENTS_LOST,
    SHRUNK,
)  # notices that staff end; the others end when their cause does
CLOCK_BEHIND = "clock_behind"
PRINT_FAILED = "print_failed"
DOSSIERS_REJECTED = "dossiers_rejected"
REFUND_DUE = "refund_due"


class NeedKind(StrEnum):
    """Who or what waits, in the order in which it is listed."""

    HELP = "help"  # a citizen stands there and has rung
    CLOCK = "clock"  # no number is given
    DEVICE = "device"
    TICKET = "ticket"  # its citizen has no paper in the hand
    PAPER = "paper"  # soon at its end
    REJECTED = "rejected"
    REFUND = "refund"  # somebody's money
    OUTBOX = "outbox"


@dataclass(frozen=True)
class Need:
    """One line of the list. `code` is translated with advice."""

    kind: NeedKind
    code: str
    device: str = ""
    ticket: StaffTicket | None = None
    count: int = 0
    charge: Charge | None = None


def needs(state: AppState) -> tuple[Need, ...]:
    """All that a person must do something about."""
    found = [
        *_outbox(state),
        *_devices(state),
        *(Need(NeedKind.TICKET, PRINT_FAILED, ticket=t) for t in state.staff.tickets if t.state == PRINT_FAILED),
    ]
    if state.closed_code == CLOCK_BEHIND:
        found.append(Need(NeedKind.CLOCK, CLOCK_BEHIND))
    if state.outbox.rejected:
        found.append(Need(NeedKind.REJECTED, DOSSIERS_REJECTED, count=state.outbox.rejected))
    found += [Need(NeedKind.REFUND, REFUND_DUE, charge=charge) for charge in state.refunds]
    order = list(NeedKind)
    return tuple(sorted(found, key=lambda need: order.index(need.kind)))


def _outbox(state: AppState) -> list[Need]:
    kinds = {HELP_CALLED: NeedKind.HELP, state.paper_alert: NeedKind.PAPER}
    own = state.devices.get("printer")
    told = own.code if own is not None and own.condition is not Condition.READY else ""  # then it stands as the device
    return [Need(kinds.get(code, NeedKind.OUTBOX), code) for code in state.alerts if code != told]


def _devices(state: AppState) -> list[Need]:
    states = ((kind, state.devices[kind]) for kind in DEVICE_KINDS if kind in state.devices)
    return [
        Need(NeedKind.DEVICE, status.code, device=kind)
        for kind, status in states
        # while its citizen stands there a slip in the outlet is no trouble; after that it is somebody's paper
        if status.condition is not Condition.READY or (status.code == TICKET_LEFT and state.session is None)
    ]
