"""Which papers are asked for, and what becomes of those that are not any more."""

from __future__ import annotations

import pytest

from kiosk import forms
from kiosk.state import Step
from offline_queue.entry import DECLARATION
from tests.flows.conftest import Player
from tests.flows.test_dossier import fill_form, scan_papers, to_form, to_review


def related(player: Player, relation: str) -> list[str]:
    """Say on REVIEW that one is somebody else to the child, and who its mother is; the papers asked for then."""
    player.kiosk.edit("relation")
    player.kiosk.answer("relation.kind", relation)
    player.kiosk.next()
    player.kiosk.edit("mother")
    fill_form(player)
    player.at(Step.REVIEW)
    return [paper.id for paper in player.kiosk.papers_needed()]


@pytest.mark.parametrize("again", ["", "relative"])
def test_a_paper_that_an_answer_asks_for(player: Player, again: str) -> None:
    """Only somebody else needs an authorisation; it goes nowhere once they turn out to be of the family."""
    player.kiosk.parts.sender.stop()
    to_review(player, "1.001193")
    assert related(player, "relative") == ["witness_statement"]
    sent = related(player, "other")
    assert sent == ["witness_statement", "authorisation"]
    player.kiosk.next()
    player.at(Step.PAPERS)
    assert player.state.session
    assert dict(player.state.session.errors) == {"authorisation": "paper_missing"}
    assert player.state.session.form
    assert forms.answer_text(player.state.session.form, "relation.kind", player.state.session.answers) == "Người khác"
    scan_papers(player)
    player.at(Step.REVIEW)
    if again:
        sent = related(player, again)
        assert sent == ["witness_statement"]
    player.kiosk.next()
    player.at(Step.DECLARE)
    player.kiosk.declare()
    state = player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    assert state.session
    entry = player.kiosk.parts.outbox.get(state.session.client_ref)
    assert entry
    assert [one.component for one in entry.attachments if one.component != DECLARATION] == sent
    assert ("Văn bản ủy quyền có chứng thực" in repr(player.kiosk.slip_of_entry(entry))) is ("authorisation" in sent)


def test_who_lacks_a_paper_sees_an_officer(player: Player) -> None:
    to_form(player, "1.001193")
    fill_form(player)
    player.at(Step.PAPERS)
    player.kiosk.next()
    player.kiosk.take_number_for_this()
    player.at(Step.TICKET)
    assert player.state.session
    assert player.state.session.ticket
    assert player.state.session.ticket.number.startswith("A-")
