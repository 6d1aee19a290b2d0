"""`Kiosk`: verbs in, events in, state out."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.state import AppState

Listener = Callable[[AppState], None]


class Kiosk:
    """The machine as the glass sees it. Every verb ends with a new `state`; none waits for a device or the network."""

    state: AppState

    # -- from the glass, citizen ---------------------------------------------------------------------------------
    def touched(self) -> None: ...  # any touch: the idle clock starts again
    def more_time(self) -> None: ...  # "Tôi cần thêm thời gian" in the idle warning
    def finish(self) -> None: ...  # "Kết thúc": wipes at once, home, Vietnamese
    def back(self) -> None: ...  # one step back; nothing typed is lost
    def switch_language(self, language: str) -> None: ...
    def dismiss_toast(self) -> None: ...
    # numbers
    def ask_priority(self) -> None: ...  # HOME → PRIORITY
    def choose_priority(self, group: str) -> None: ...  # PRIORITY → HOME with the group shown; "" = none
    def take_number(self, letter: str) -> None: ...  # HOME → TICKET; also from CHECKLIST and SLIP for the linked one
    def done_with_ticket(self) -> None: ...  # TICKET → HOME
    # a dossier
    def browse(self) -> None: ...  # HOME → PROCEDURES
    def search(self, query: str) -> None: ...  # fills state.results
    def choose_procedure(self, code: str) -> None: ...  # → BRING, or PREPARE
    def choose_case(self, case_id: str) -> None: ...  # on BRING
    def start_dossier(self) -> None: ...  # BRING → IDENTIFY
    def type_id_number(self, number: str) -> None: ...  # IDENTIFY → NOTICE, or error "id_number"
    def accept_notice(self, consents: tuple[str, ...]) -> None: ...  # NOTICE → FORM
    def answer(self, question_id: str, value: str) -> None: ...  # keeps it and checks it
    def next(self) -> None: ...  # FORM/PAPERS/…: checks, then onward; errors stay next to their fields
    def open_paper(self, component_id: str) -> None: ...  # PAPERS → SCAN
    def scan_page(self) -> None: ...
    def cancel_scan(self) -> None: ...
    def delete_page(self, index: int) -> None: ...
    def retake_page(self, index: int) -> None: ...
    def edit(self, section_id: str) -> None: ...  # REVIEW → FORM, "next" comes back
    def edit_papers(self) -> None: ...  # REVIEW → PAPERS
    def declare(self) -> None: ...  # DECLARE: confirmed; commits; → COLLECT
    def collected(self) -> None: ...  # COLLECT → SLIP, prints it
    def reprint_slip(self) -> None: ...  # after a failed print
    def done_with_slip(self) -> None: ...  # personal data cleared; → RATING
    def rate(self, stars: int) -> None: ...  # 1..5, 0 = skipped; → HOME
    # preparing
    def prepare(self, kind: str | None = None, pages: int | None = None, copies: int | None = None) -> None: ...

    # -- from the glass, staff and technicians -------------------------------------------------------------------
    def open_door(self, role: str) -> None: ...  # → LOGIN ("staff" | "technician")
    def log_in(self, name: str, pin: str) -> None: ...
    def log_out(self) -> None: ...
    def reprint_ticket(self, ticket_id: int, reason: str) -> None: ...
    def pause_series(self, letter: str) -> None: ...
    def reopen_series(self, letter: str) -> None: ...
    def retry_entry(self, entry_id: str) -> None: ...

    # -- from machines -------------------------------------------------------------------------------------------
    def handle(self, event: object) -> None: ...  # one event of the inbox
    def tick(self) -> None: ...  # about once a second: idle time, opening hours, day change
