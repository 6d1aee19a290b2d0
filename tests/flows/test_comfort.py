"""One person's wishes and figures: as usual again for the next one, counted without anybody's name."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kiosk import app
from kiosk.builders import metrics_of
from kiosk.comfort import Comfort, Sheet
from kiosk.comfort.input_methods import InputMethod
from kiosk.config import Config
from kiosk.figures.metrics import Purpose
from kiosk.state import Job, Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_chip import Citizen, card
from tests.flows.test_dossier import reply, submit, to_form, to_review
from tests.flows.test_numbers import taken


def after(player: Player, seconds: float) -> None:
    """As if nobody had touched the glass for so long."""
    player.kiosk.last_touch = time.monotonic() - seconds
    player.kiosk.tick()


def test_wishes_end_with_the_session(player: Player) -> None:
    kiosk = player.kiosk
    kiosk.open_sheet(Sheet.DISPLAY)
    kiosk.adjust(text_size=3, contrast=True, reach=True, simple=True, spoken=True, typing=InputMethod.TELEX)
    kiosk.adjust(volume=9)
    assert player.state.comfort.volume == 3
    kiosk.browse()
    kiosk.back()
    assert (player.state.comfort, player.state.sheet) == (Comfort(), Sheet.NONE)


def test_wishes_stay_for_the_rating(player: Player) -> None:
    player.kiosk.adjust(text_size=2)
    submit(player, "2.000635")
    player.kiosk.done_with_slip()
    player.at(Step.RATING)
    assert player.state.comfort.text_size == 2
    player.kiosk.rate(0)
    assert player.state.comfort == Comfort()


@pytest.mark.parametrize("wish", [{"text_size": 1}, {"spoken": True}])
def test_a_wish_that_somebody_left_behind_at_home_is_forgotten(player: Player, wish: dict[str, object]) -> None:
    player.kiosk.adjust(**wish)
    limit = player.kiosk.parts.config.site.idle_seconds
    after(player, limit + app.WARNING_SECONDS + 1)
    assert player.state.comfort == Comfort()


def test_more_time_for_who_asks_for_it(player: Player) -> None:
    player.kiosk.browse()
    player.kiosk.adjust(slow=True)
    limit = player.kiosk.parts.config.site.idle_seconds
    after(player, limit + app.WARNING_SECONDS + 1)
    assert player.state.idle_seconds_left is None
    after(player, 3 * limit + 1)
    assert player.state.idle_seconds_left == pytest.approx(3 * app.WARNING_SECONDS - 1, abs=1)
    player.at(Step.PROCEDURES)
    after(player, 3 * (limit + app.WARNING_SECONDS) + 1)
    player.at(Step.HOME)


def test_a_sheet_never_covers_the_desk(player: Player) -> None:
    player.kiosk.open_door("staff")
    player.kiosk.open_sheet(Sheet.DISPLAY)
    assert player.state.sheet is Sheet.NONE


def test_whoever_would_lose_something_is_asked_before_it_ends(player: Player) -> None:
    kiosk = player.kiosk
    kiosk.browse()
    kiosk.ask_to_finish()
    player.at(Step.HOME)  # nothing to lose
    to_review(player, "2.000635")
    kiosk.ask_to_finish()
    assert player.state.sheet is Sheet.LEAVE
    kiosk.close_sheet()
    player.at(Step.REVIEW)
    kiosk.ask_to_finish()
    kiosk.leave()
    player.at(Step.HOME)
    kiosk.give_feedback()
    kiosk.ask_to_finish()
    player.at(Step.HOME)
    kiosk.give_feedback()
    kiosk.tell_petition(text="Xin thêm ghế ngồi đợi")
    kiosk.ask_to_finish()
    assert player.state.sheet is Sheet.LEAVE
    kiosk.leave()
    assert (player.state.session, player.state.sheet) == (None, Sheet.NONE)


def test_a_code_that_is_on_no_paper_is_not_left_by_one_touch(player: Player) -> None:
    player.machine.devices["printer"].paper_out()
    to_review(player, "2.000635")
    player.kiosk.next()
    player.kiosk.declare()
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    player.kiosk.collected()
    player.until(lambda s: bool(s.session and s.session.slip_print is Job.FAILED), "the failed slip")
    player.kiosk.leave_slip()
    assert (player.state.step, player.state.sheet) == (Step.SLIP, Sheet.LEAVE)
    player.kiosk.leave()
    player.at(Step.RATING)


def test_who_stands_there_when_the_kiosk_stops_is_counted_too(config: Config) -> None:
    with Machine(config) as machine:
        player = Player(machine)
        submit(player, "2.000635")
        player.kiosk.done_with_slip()
        player.at(Step.RATING)
        player.kiosk.note_rating(5)
        player.kiosk._line.watch(False, player.kiosk.now() - timedelta(seconds=90), time.monotonic() - 90)
    day = datetime.now(ZoneInfo(config.site.timezone)).date()
    found, days = metrics_of(config), (day - timedelta(days=1), day)
    assert [(v.purpose, v.abandoned_at, v.seconds is not None) for v in found.visits(*days)] == [
        (Purpose.DOSSIER, "", True)
    ]
    assert [rating.stars for rating in found.ratings(*days)] == [5]
    assert found.offline(*days) >= 90


def test_what_happened_is_counted_without_anybody(config: Config) -> None:
    with Machine(config) as machine:
        player = Player(machine)
        submit(player, "2.000635")
        player.kiosk.done_with_slip()
        player.kiosk.rate(4, ("quick",), "  Máy tốt ")
        taken(player)
        player.kiosk.done_with_ticket()
        player.kiosk.browse()
        player.kiosk.choose_procedure("1.001193")
        player.kiosk.finish()
        player.kiosk.parts.clerk.stop()
        today = player.kiosk.now().date()
        found = metrics_of(config)
        visits = found.visits(today - timedelta(days=1), today)
        ratings = found.ratings(today - timedelta(days=1), today)
    assert sorted((v.purpose, v.abandoned_at, v.seconds is not None) for v in visits) == [
        (Purpose.DOSSIER, "", True),
        (Purpose.LOOK, "", False),
        (Purpose.NUMBER, "", False),
    ]
    assert (ratings[0].stars, ratings[0].reasons, ratings[0].words) == (4, ("quick",), "Máy tốt")
    audit = config.storage.data_dir / "audit.jsonl"  # it tells times: a rating in it could be linked to a dossier
    assert not audit.exists() or "rated" not in audit.read_text(encoding="utf-8")


def test_the_report_of_today(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import main
    from kiosk import config as configuration

    with Machine(config) as machine:
        player = Player(machine)
        taken(player)
        player.kiosk.rate(5)
        player.kiosk.parts.clerk.stop()
        today = player.kiosk.now().date().isoformat()
    monkeypatch.setattr(configuration, "load", lambda _path: config)
    files = ["--csv", str(tmp_path / "f.csv"), "--pdf", str(tmp_path / "f.pdf")]
    assert main.main(["--json", "report", "--day", today, *files]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["visits"], told["finished"], told["satisfied"], told["stars"]) == (1, 1, 1.0, {"5": 1})
    assert told["tickets"] == {"printed": 1}
    assert (tmp_path / "f.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "f.csv").read_text(encoding="utf-8-sig").startswith("ky,nhom")
    assert main.main(["report", "--month", today[:7]]) == 0
    assert "Lượt dùng" in capsys.readouterr().out
    assert main.main(["report", "--month", "2026-13"]) == 2


def test_what_a_chip_has_answered_is_not_asked_one_by_one(player: Player) -> None:
    citizen = Citizen(player)
    kiosk = citizen.kiosk
    kiosk.adjust(simple=True)
    citizen.identify()
    citizen.lay(card())
    kiosk.card_done()
    kiosk.accept_notice(())
    player.until(lambda s: bool(s.session and s.session.relatives), "the registers")
    assert [question.id for question in kiosk.questions_shown()] == ["requester.phone"]
    assert kiosk.question_number() == (0, 0)
    kiosk.next()
    assert [question.id for question in kiosk.questions_shown()] == ["relation.kind"]  # the address is known
    kiosk.answer("relation.kind", "mother")
    kiosk.next()
    while kiosk.session.section and kiosk.session.section.id != "mother":
        for question in kiosk.questions_shown():
            kiosk.answer(question.id, reply(question))
        kiosk.next()
    assert len(kiosk.questions_shown()) == 5  # all is known: seen together, once
    kiosk.next()
    assert [question.id for question in kiosk.questions_shown()] == ["father_known.answer"]
    kiosk.back()
    assert len(kiosk.questions_shown()) == 5
    kiosk.back()
    assert [question.id for question in kiosk.questions_shown()] == ["birth.ethnic"]


def test_one_question_at_a_time(player: Player) -> None:
    """The same form, forwards and backwards: every question is shown once, alone, and nothing can be jumped over."""
    kiosk = player.kiosk
    kiosk.adjust(simple=True)
    to_form(player, "1.004873")
    seen: list[str] = []
    while player.state.step is Step.FORM:
        shown = kiosk.questions_shown()
        assert len(shown) == 1
        question = shown[0]
        assert question.id not in seen
        if question.required and not kiosk.session.answers.get(question.id):
            kiosk.next()
            assert list(kiosk.session.errors) == [question.id]
            assert kiosk.questions_shown() == shown
            kiosk.answer(question.id, reply(question))
        seen.append(question.id)
        kiosk.next()
    assert len(seen) > 5
    kiosk.back()
    while player.state.step is Step.PAPERS:
        kiosk.back()
    assert kiosk.questions_shown()[0].id == seen[-1]
    kiosk.back()
    assert kiosk.questions_shown()[0].id == seen[-2]
    kiosk.adjust(simple=False)
    assert len(kiosk.questions_shown()) >= 1
