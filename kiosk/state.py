"""What is on the glass: one frozen `AppState`, and the screen that shows it.

Only `Kiosk` makes a new `AppState`; screens read it and call verbs on `Kiosk`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from PIL import Image

from devices.card_reader.emrtd.data_groups import Portrait
from devices.card_reader.emrtd.results import Access, CloneCheck, Trust
from devices.interfaces import Condition, Corners, DeviceStatus, Preview, ScannedPage
from kiosk.comfort import Comfort, Sheet
from kiosk.diagnostics.history import Change
from kiosk.diagnostics.records import TestRecord
from kiosk.errands import Coming, Following, Paying, Petition, Phone
from kiosk.hall.tickets import TicketState
from kiosk.hall.view import CounterView, Estimate
from kiosk.identity import Assurance, Citizen, Method, Relative
from offline_queue.entry import OutboxCounts, OutboxEntry, Receipt, Room

if TYPE_CHECKING:
    from kiosk.catalogue import Case, Component, HomeTile, Procedure
    from kiosk.diagnostics.traffic import TrafficLine
    from kiosk.errands.ledger import Charge
    from kiosk.forms import Form, Section
    from kiosk.search import Hit


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


class Step(StrEnum):
    """One screen each: value = screen name = `.py` = `.kv` = screenshot."""

    HOME = "home"  # series to take a number for; doors to the other jobs
    PRIORITY = "priority"  # which priority group
    TICKET = "ticket"  # the number, and whether its ticket came out
    PROCEDURES = "procedures"  # what can be done here, with search
    BRING = "bring"  # what to bring, per case, before any typing
    PREPARE = "prepare"  # counter-only procedures: kind of paper, pages, copies → fee
    CHECKLIST = "checklist"  # what to hand over at the counter, the fee, then the number
    IDENTIFY = "identify"  # printed QR of the ID card, or typing the number
    CARD = "card"  # the chip of the ID card: lay it down, progress, what it tells
    NOTICE = "notice"  # use of personal data, optional consents
    FORM = "form"  # one group of questions
    PAPERS = "papers"  # the papers that this case needs
    SCAN = "scan"  # one paper, page by page
    REVIEW = "review"  # check your answers
    DECLARE = "declare"  # "Tôi cam đoan…"
    COLLECT = "collect"  # take your card and papers
    SLIP = "slip"  # provisional slip
    RATING = "rating"  # five labelled faces
    FOLLOW = "follow"  # the code of a slip, of a receipt or of an appointment: scanned, or typed
    LOOKUP = "lookup"  # a dossier by its code: where it stands, and what its citizen must do
    APPOINTMENT = "appointment"  # an appointed time, and the number for it
    PAY = "pay"  # a fee by VietQR, confirmed by the province
    VNEID = "vneid"  # identification by phone
    PETITION = "petition"  # a suggestion or a complaint to the centre
    LOGIN = "login"  # staff or technician: name and PIN
    PAPER = "paper"  # changing the paper roll, picture by picture
    STAFF = "staff"  # tickets of the day, failed prints, outbox, series
    DIAGNOSTICS = "diagnostics"  # state of each device and log of changes
    OUT_OF_SERVICE = "out_of_service"  # with the reason and what to do


DESK_STEPS = (Step.LOGIN, Step.STAFF, Step.PAPER, Step.DIAGNOSTICS)  # behind the other two doors
TICKET_LEFT = "ticket_in_outlet"  # a printer with a presenter is well and still holds the last slip


class Job(StrEnum):
    """How far a piece of work of the machine is, as the citizen sees it."""

    NONE = ""
    RUNNING = "running"
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"


@dataclass(frozen=True)
class SeriesView:
    """One tile of home. `closed_code` is empty while numbers are given, else why not (translated)."""

    letter: str
    title: str
    counters: tuple[int, ...]
    waiting: int | None  # None while nobody knows
    icon: str = "ticket"
    closed_code: str = ""
    estimate: Estimate | None = None  # of who takes a number now


@dataclass(frozen=True)
class TicketView:
    """A number, and whether its ticket came out (`picture`, as printed); of a scanned one what has become of it."""

    id: int
    number: str
    series_title: str
    counters: tuple[int, ...]
    issued_at: datetime
    ahead: int | None  # None while nobody knows
    estimate: Estimate | None = None
    print: Job = Job.RUNNING
    code: str = ""
    picture: Image.Image | None = field(default=None, repr=False)
    standing: TicketState | None = None  # of a scanned one
    counter: int = 0  # where it was called


@dataclass(frozen=True)
class Page:
    """One scanned page of a paper: a small picture for the glass, and the hash under which it lies encrypted."""

    sha256: str
    size: int
    preview: ScannedPage = field(repr=False)


@dataclass(frozen=True)
class LiveView:
    """What the camera above the papers sees while a sheet is laid below it; there only while it is on the glass."""

    job: str = ""  # the look that is waited for: one at a time, so that nothing piles up
    picture: Preview | None = field(default=None, repr=False)
    corners: Corners | None = None  # set by hand, for the next scan
    code: str = ""  # why there is no picture, or what is wrong with the corners
    replacing: int | None = None  # the page in whose place the next one goes


@dataclass(frozen=True)
class Preparation:
    """What a citizen wants certified: kind of paper, pages per original, copies; `fee_vnd` computed from them."""

    kind: str = ""
    pages: int = 1
    copies: int = 1
    fee_vnd: int | None = None


@dataclass(frozen=True)
class CardReading:
    """How far the reading of the chip is, and what it has told; `section` of the form where it is somebody else's."""

    job: Job = Job.NONE
    id: str = ""  # the reading that is waited for; what others bring is dropped
    done: float = 0.0  # 0 to 1
    code: str = ""  # why it failed
    citizen: Citizen | None = field(default=None, repr=False)  # as soon as DG1 and DG13 are there
    portrait: Portrait | None = None
    access: Access | None = None
    trust: Trust = Trust.NOT_CHECKED
    clone_check: CloneCheck = CloneCheck.NOT_CHECKED
    evidence: str = field(default="", repr=False)  # of a whole reading, for look-ups at the province
    section: str = ""

    @property
    def verified(self) -> bool:
        """Signed by the state, and no copy: only then its data is proven."""
        return self.trust is Trust.TRUSTED and self.clone_check is CloneCheck.GENUINE


@dataclass(frozen=True)
class Session:
    """Everything about the citizen who stands there; gone when it ends. Never printed, never logged."""

    id: str
    started_at: datetime
    priority: str = ""  # group chosen for the next number
    browsed: bool = False  # came through the search: "back" goes there
    procedure: Procedure | None = None
    case: Case | None = None
    form: Form | None = None
    citizen: Citizen | None = field(default=None, repr=False)
    filled_for: str = field(default="", repr=False)  # whose card has filled in the form: once, later answers stay
    card: CardReading = CardReading()
    consents: tuple[str, ...] = ()
    notice_accepted_at: datetime | None = None
    answers: Mapping[str, str] = field(default_factory=_nothing, repr=False)
    errors: Mapping[str, str] = field(default_factory=_nothing)  # question id (or "id_number", "scan", …) → error code
    section: Section | None = None  # the group of questions on the glass
    step_number: int = 0  # "step 2 of 5": counted over sections and papers
    step_count: int = 0
    relatives: tuple[Relative, ...] = field(default=(), repr=False)  # whom the national databases know
    looked_up_for: str = field(default="", repr=False)  # the number with which they were asked
    scanned_person: str = ""  # section id whose person was just filled from a card
    person_card: CardReading = CardReading()  # the chip of who is asked about in a section, the last one
    proven_people: tuple[Citizen, ...] = field(default=(), repr=False)  # whom genuine chips have named on the form
    editing: bool = False  # came from review: "next" goes back there
    asked: int = 0  # which question of the section is on the glass, where it is one at a time
    component: Component | None = None  # the paper being scanned
    papers: Mapping[str, tuple[Page, ...]] = field(default_factory=dict, repr=False)
    scan: Job = Job.NONE
    scan_code: str = ""
    scan_job: str = ""  # the scan that is waited for; what others bring is dropped
    live: LiveView | None = field(default=None, repr=False)  # while a camera shows what it sees
    preparation: Preparation = field(default_factory=Preparation)
    declared_at: datetime | None = None
    submit: Job = Job.NONE
    submit_code: str = ""
    client_ref: str = ""
    provisional_code: str = ""
    receipt: Receipt | None = None  # when the province answered while the slip is on the glass
    typed_code: bool = False  # the code was given at FOLLOW: back goes there
    following: Following | None = field(default=None, repr=False)  # the dossier whose way is looked at
    paying: Paying | None = None
    coming: Coming | None = None
    phone: Phone | None = None
    proof: str = field(default="", repr=False)  # of an identification by phone, for look-ups at the province
    petition: Petition | None = field(default=None, repr=False)
    ticket: TicketView | None = None
    paper_left: bool = False  # in the scanner, as far as it can tell
    slip_print: Job = Job.NONE
    slip_code: str = ""
    slip_picture: Image.Image | None = field(default=None, repr=False)

    @property
    def assurance(self) -> Assurance:
        """How sure it is who stands there."""
        return Assurance.VERIFIED if self.card.verified or self.proven else Assurance.DECLARED

    @property
    def evidence(self) -> str:
        """What proves to the province who stands there; "" for nothing."""
        return self.card.evidence if self.card.verified else self.proof

    @property
    def proven(self) -> Citizen | None:
        """Whoever a genuine chip, or the phone at level 2, has proven; their data is not typed over."""
        if self.card.verified:
            return self.card.citizen
        by_phone = self.citizen is not None and self.citizen.method is Method.VNEID
        return self.citizen if by_phone else None

    def __repr__(self) -> str:
        return f"Session({self.id[:8]}…)"


@dataclass(frozen=True)
class StaffTicket:
    """One row of the staff's list."""

    id: int
    number: str
    state: str
    issued_at: datetime
    print_code: str = ""
    priority: str = ""
    reprints: int = 0


@dataclass(frozen=True)
class DeviceLogLine:
    """One change of one device."""

    at: datetime
    device: str
    status: DeviceStatus


@dataclass(frozen=True)
class PaperView:
    """How much is left on the roll, counted since it was changed. `changed_at` is "" when nobody ever told."""

    left_metres: float
    roll_metres: float
    slips: int
    low: bool = False
    changed_at: str = ""


class RefillStage(StrEnum):
    """The pictures of a change of the paper roll, in their order."""

    OPEN = "open"
    REMOVE = "remove"
    INSERT = "insert"
    CLOSE = "close"
    TEST = "test"


@dataclass(frozen=True)
class Refill:
    """How far the change of the roll is; `print` and `code` are the test slip's."""

    stage: RefillStage = RefillStage.OPEN
    print: Job = Job.NONE
    code: str = ""


class Stage(StrEnum):
    """What the self-test under way waits for."""

    NONE = ""
    WORKING = "working"  # the machine
    SHOW_TICKET = "show_ticket"  # the ticket just printed before the code scanner
    LOOK_AT_TICKET = "look_at_ticket"  # a person's eyes, where no scanner works
    SHOW_CODE = "show_code"  # any code before the code scanner
    PLACE_SHEET = "place_sheet"  # a blank sheet in the document scanner
    SHOW_CARD = "show_card"  # the printed code of a card, which opens its chip
    TYPE_NUMBER = "type_number"  # the number of a card, where no code can be read
    LAY_CARD = "lay_card"  # a card on the reader
    TOUCH = "touch"  # every cell of the glass
    LISTEN = "listen"  # a person's ears


@dataclass(frozen=True)
class DeviceMemory:
    """What is known of one device: how it is connected, what it has done, its changes, the newest first."""

    connection: Mapping[str, str] = field(default_factory=_nothing)
    counters: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class DiagnosticsView:
    """The self-test under way (its key, what it waits for, `code` of the last answer), and what is remembered."""

    running: str = ""
    stage: Stage = Stage.NONE
    code: str = ""
    file: str = ""  # the report that was just written
    watched: str = ""  # the device whose line is watched
    traffic: tuple[TrafficLine, ...] = ()  # the newest first
    left: int = 0  # tests that follow
    records: tuple[TestRecord, ...] = ()  # the newest first
    memory: Mapping[str, DeviceMemory] = field(default_factory=lambda: MappingProxyType({}))

    def last(self, test: str, device: str) -> TestRecord | None:
        """The newest record of a test."""
        return next((one for one in self.records if (one.test, one.device) == (test, device)), None)


@dataclass(frozen=True)
class StaffView:
    """What the staff's and the technician's screens show."""

    names: tuple[str, ...] = ()  # who may log in through this door
    role: str = ""  # "staff" or "technician": which door
    name: str = ""  # who is logged in
    wrong: int = 0
    retry_at: datetime | None = None  # no PIN is checked before
    checking: bool = False
    code: str = ""  # error or success of the last act
    tickets: tuple[StaffTicket, ...] = ()
    entries: tuple[OutboxEntry, ...] = ()
    paused: tuple[str, ...] = ()
    counters: tuple[CounterView, ...] = ()


@dataclass(frozen=True)
class AppState:
    """All that the glass depends on."""

    step: Step = Step.HOME
    language: str = "vi"
    comfort: Comfort = field(default_factory=Comfort)
    sheet: Sheet = Sheet.NONE
    said_again: int = 0  # how often the guidance was asked for once more
    now: datetime | None = None  # of the site, refreshed each minute and at each change
    centre: str = ""
    province: str = ""  # 2-digit code of the site's province, whose communes come first
    session: Session | None = None
    series: tuple[SeriesView, ...] = ()
    closed_code: str = ""  # why no number is given at all
    hall_trouble: str = ""  # code of what keeps this kiosk from the hall's numbers
    next_opening: datetime | None = None
    jobs: tuple[HomeTile, ...] = ()  # what people come for most, the tiles of home
    query: str = ""  # what was typed into the search
    results: tuple[Hit, ...] = ()
    devices: Mapping[str, DeviceStatus] = field(default_factory=dict)
    device_log: tuple[DeviceLogLine, ...] = ()
    card_present: bool = False
    card_left: bool = False  # by who was here before
    card_tried: bool = False  # the one that lies there was read, or could not be
    camera: bool = False  # the document scanner shows what it sees before it takes it
    paper: PaperView | None = None
    refill: Refill = Refill()
    online: bool | None = None
    outbox: OutboxCounts = field(default_factory=OutboxCounts)
    refunds: tuple[Charge, ...] = ()  # fees that staff must give back
    outbox_trouble: str = ""  # code of what keeps the store from working

    @property
    def alerts(self) -> tuple[str, ...]:
        """Codes of what staff must know of the outbox and the printer, the most pressing first."""
        full = "disk_full" if self.outbox.room is Room.NONE else ""
        nearly = "outbox_room_low" if self.outbox.room is Room.LOW else ""
        codes = (self.hall_trouble, self.outbox_trouble, full, *self.outbox.notices, nearly, self.paper_alert)
        return tuple(code for code in dict.fromkeys(codes) if code)

    @property
    def paper_alert(self) -> str:
        """Code of what must be done about the printer: what it says itself, or what was counted; "" when it is well."""
        status = self.devices.get("printer")
        if status is not None and status.code not in ("", TICKET_LEFT) and status.condition is not Condition.OFFLINE:
            return status.code
        return "paper_low" if self.paper and self.paper.low else ""

    idle_seconds_left: int | None = None  # a warning is on the glass while this is set
    toast: str = ""  # code of a short message, such as a QR that is no ID card
    staff: StaffView = StaffView()
    diagnostics: DiagnosticsView = DiagnosticsView()
    trouble: str = ""  # why out of service


def screen_for(state: AppState) -> str:
    """The name of the screen that shows `state`."""
    return Step.OUT_OF_SERVICE if state.trouble and state.step not in DESK_STEPS else state.step
