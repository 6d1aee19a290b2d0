"""Looking up without identification: search, what a procedure needs, the list to take home, the number for it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from kiosk import preparing
from kiosk.catalogue import HomeTile
from kiosk.catalogue.update import CatalogueChanged, Lookup
from kiosk.core import Parts
from kiosk.guide_slip import guide_slip
from kiosk.numbers import NumberVerbs
from kiosk.state import Job, Preparation, Step


class BrowseVerbs(NumberVerbs):
    """Finding a procedure and reading about it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._next_lookup: Lookup | None = None

    def browse(self, query: str = "") -> None:
        """HOME → PROCEDURES, with what a tile of home looks for."""
        self.change_session(Step.PROCEDURES, priority="", browsed=True)
        self.search(query)

    def choose_job(self, tile: HomeTile) -> None:
        """A tile of home: HOME → BRING, or PREPARE at once, or the search for its words."""
        if tile.code:
            self.choose_procedure(tile.code, shortcut=True)
        else:
            self.browse(tile.query)

    def search(self, query: str) -> None:
        """Look procedures up: on every keystroke."""
        lookup, today = self.parts.lookup, self.now().date()
        self.change(query=query, results=lookup.search.find(query, self.parts.choices.on(today)))

    def choose_procedure(self, code: str, shortcut: bool = False) -> None:
        """→ BRING; by a `shortcut` → PREPARE where it is prepared here for the counter."""
        procedure = self.parts.catalogue.find(code)
        if procedure is None:
            return
        letter = self.parts.hall.letter_for(procedure.field, procedure.series)
        procedure = procedure.model_copy(update={"series": letter})
        case = procedure.cases[0] if len(procedure.cases) == 1 else None
        step = Step.PREPARE if procedure.prepare and shortcut else Step.BRING
        form = self.parts.forms.get(procedure.form_id)
        if procedure.online and form is None:
            self.tell("form_not_in_force")
            return
        nothing = {"answers": MappingProxyType({}), "papers": {}, "slip_print": Job.NONE, "slip_code": ""}
        self.change_session(step, procedure=procedure, case=case, form=form, **nothing)
        self.parts.choices.add(code, self.now().date())
        self.parts.clerk.do(self.parts.choices.save, failed=None)
        if step is Step.PREPARE:
            self.prepare()

    def start_preparing(self) -> None:
        """BRING → PREPARE, with the case that was chosen there."""
        procedure, case = self.session.procedure, self.session.case
        if procedure is not None and procedure.prepare:
            self.change_session(Step.PREPARE, slip_print=Job.NONE, slip_code="")
            self.prepare(kind=case.title if case else None)

    def look_up_papers(self) -> None:
        """PREPARE → BRING: what to bring, how long it takes, a list to take home."""
        if self.state.step is Step.PREPARE:
            self.change_session(Step.BRING, errors={})

    def prepare(self, kind: str | None = None, pages: int | None = None, copies: int | None = None) -> None:
        """PREPARE: kind of paper or case, and where the fee goes by them pages and copies; the fee follows."""
        old, procedure = self.session.preparation, self.session.procedure
        assert procedure is not None
        kind, pages, copies = kind or old.kind, pages or old.pages, copies or old.copies
        fee = preparing.fee_of(procedure, pages, copies, self.now().date())
        errors = {} if kind else self.session.errors
        prepared = Preparation(kind, pages, copies, fee)
        self.change_session(preparation=prepared, case=preparing.case_of(procedure, kind), errors=errors)

    def print_list(self) -> None:
        """BRING: what to bring, as a slip to take home; once, until another case is chosen."""
        session = self.session
        if session.procedure is None or session.slip_print in (Job.RUNNING, Job.CONFIRMED):
            return
        slip = guide_slip(
            centre=self.parts.config.site.name,
            procedure=session.procedure,
            case=session.case,
            on=self.now().date(),
            language=self.state.language,
        )
        self.change_session(slip_print=Job.RUNNING, slip_code="")
        self.print_slip(f"list:{session.id}", session.id, slip, awaited=True)

    def take_number_for_this(self) -> None:
        """BRING → TICKET: the number of the series that handles this procedure."""
        session = self.session
        if session.procedure is None:
            return
        self.change_session(slip_print=Job.NONE, slip_code="")  # from now on it is the ticket that is waited for
        self.take_number(session.procedure.series)

    def before_choice(self) -> None:
        """Back to the search, or home for who came from a tile of home; what is prepared stands between."""
        session, preparing_now = self.session, self.state.step is Step.PREPARE
        if session.procedure and session.procedure.prepare and session.browsed is preparing_now:
            if preparing_now:
                self.look_up_papers()
            else:
                self.start_preparing()
        elif session.browsed:
            self.change_session(Step.PROCEDURES, slip_print=Job.NONE, slip_code="")
        else:
            self.finish_session()

    # -- news of the catalogue -----------------------------------------------------------------------------------
    def catalogue_changed(self, event: CatalogueChanged) -> None:
        """Another catalogue: at once when nobody stands there, else when the session ends."""
        self._next_lookup = event.lookup
        if self.state.session is None:
            self._take_catalogue()

    def finish_session(self) -> None:
        """The next person finds the newest catalogue, and its list as nobody has touched it."""
        super().finish_session()
        self._take_catalogue()

    def _take_catalogue(self) -> None:
        """Use what has come meanwhile."""
        if self._next_lookup is not None:
            self.parts = replace(self.parts, lookup=self._next_lookup)
            self._next_lookup = None
        lookup = self.parts.lookup
        self.change(query="", results=lookup.search.find(""), jobs=lookup.catalogue.rules.jobs)
