"""Coming back with missing papers: straight to the scanner, as a dossier of its own that names the first one.

The province's API has no other way in: form `supplement` with the code of the dossier, `replaces` where its client_ref
is known here. It costs nothing.
"""

from __future__ import annotations

from types import MappingProxyType

from kiosk.catalogue import Case, Component, Procedure
from kiosk.dossier import DOSSIER_CODE, SUPPLEMENT
from kiosk.errands import Asked, Following
from kiosk.errands.following import PAPERS_WANTED, FollowVerbs
from kiosk.hall.hall import RETURNING
from kiosk.journey import JourneyVerbs
from kiosk.state import Step

OTHER = Component(id="other", title="Giấy tờ khác theo yêu cầu", required=False)


class SupplementVerbs(FollowVerbs, JourneyVerbs):
    """From the dossier that waits for papers to their scan."""

    def can_supplement(self, following: Following) -> bool:
        """Whether its papers can be scanned here."""
        fresh = following.asked is Asked.ANSWERED and following.status == PAPERS_WANTED
        return fresh and self.procedure_of(following) is not None and SUPPLEMENT in self.parts.forms

    def supplement(self) -> None:
        """LOOKUP → IDENTIFY, then notice, a few questions, the papers."""
        following = self.session.following
        if self.state.step is not Step.LOOKUP or following is None or not self.can_supplement(following):
            return
        procedure = self.procedure_of(following)
        assert procedure is not None
        self.change_session(
            procedure=procedure,
            case=supplement_case(procedure),
            form=self.parts.forms[SUPPLEMENT],
            answers=MappingProxyType({DOSSIER_CODE: following.code}),
            papers={},
            priority=RETURNING,  # of the number for the counter, where one is linked
        )
        self.start_dossier()

    @property
    def supplementing(self) -> bool:
        """Whether the dossier under way completes another one."""
        form = self.session.form
        return form is not None and form.id == SUPPLEMENT

    def locked(self) -> frozenset[str]:
        """The code of the dossier is known: it is not typed over."""
        return super().locked() | ({DOSSIER_CODE} if self.supplementing else frozenset())

    def previous_step(self) -> None:
        """IDENTIFY → LOOKUP; all else as in any dossier."""
        if self.state.step is Step.IDENTIFY and self.supplementing:
            self.change_session(Step.LOOKUP)
        else:
            super().previous_step()

    def _missing_papers(self) -> list[Component]:
        """At least one paper must be there: else the first is told."""
        if not self.supplementing:
            return super()._missing_papers()
        return [] if any(self.session.papers.values()) else list(self.papers_needed()[:1])


def supplement_case(procedure: Procedure) -> Case:
    """Every paper that the procedure may need, none of them required: what is wanted stands in the province's words."""
    papers = {c.id: c for case in procedure.cases for c in case.components if c.scan}
    components = (
        *(c.model_copy(update={"required": False, "when": None}) for c in papers.values() if c.id != OTHER.id),
        OTHER,
    )
    return Case(id=SUPPLEMENT, title="Bổ sung giấy tờ", components=components)
