"""A camera above the papers: seen before it is taken, one picture at a time, nothing of it left."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from devices.events import CameraSeen, JobFailed
from devices.interfaces import Corners, Preview
from kiosk import scanning
from kiosk.config import Config
from kiosk.state import AppState, Job, LiveView, Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player

HALF: Corners = ((0.27, 0.06), (0.745, 0.075), (0.74, 0.5), (0.265, 0.5))
IMPOSSIBLE: Corners = ((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9))


@pytest.fixture
def camera(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    """A machine whose document scanner is a camera, with a citizen before their first paper."""
    monkeypatch.setattr(scanning, "LOOK_SECONDS", 0.0)
    table = {"driver": "simulated", "camera": True, "seconds_per_page": 0.0}
    with Machine(config.model_copy(update={"devices": {**config.devices, "document_scanner": table}})) as machine:
        player = Player(machine)
        player.kiosk.ready()
        player.until(lambda s: s.camera, "the camera")
        to_scan(player)
        yield player


def to_scan(player: Player) -> None:
    """SCAN of the first paper."""
    kiosk = player.kiosk
    kiosk.browse()
    kiosk.choose_procedure("2.000635")
    kiosk.choose_case("authorised")
    kiosk.open_paper(kiosk.papers_needed()[0].id)


def live(state: AppState) -> LiveView | None:
    """What is seen."""
    return state.session.live if state.session else None


def seen(state: AppState) -> Preview | None:
    """The picture on the glass."""
    now = live(state)
    return now.picture if now else None


def pages(state: AppState) -> list[Any]:
    """All scanned pages."""
    return [page for group in state.session.papers.values() for page in group] if state.session else []


def previews() -> list[Preview]:
    """All pictures that are still in memory."""
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, Preview)]


def test_the_sheet_is_seen_and_taken(camera: Player) -> None:
    first = seen(camera.until(lambda s: seen(s) is not None, "a picture"))
    assert first is not None
    assert first.corners is not None
    camera.until(lambda s: seen(s) is not first, "the next picture")
    camera.kiosk.scan_page()
    state = camera.until(lambda s: bool(pages(s)) and live(s) is None, "the page")
    assert (pages(state)[0].preview.width, pages(state)[0].preview.height) == (1654, 2339)


def test_corners_set_by_hand_are_those_of_the_next_page_only(camera: Player) -> None:
    camera.until(lambda s: seen(s) is not None, "a picture")
    camera.kiosk.set_corners(HALF)
    camera.until(lambda s: (now := seen(s)) is not None and now.corners == HALF, "the corners")
    camera.kiosk.scan_page()
    half = pages(camera.until(lambda s: bool(pages(s)), "half a page"))[0].preview
    assert half.height < half.width
    camera.kiosk.retake_page(0)
    camera.until(lambda s: (now := seen(s)) is not None and now.corners not in (None, HALF), "the whole sheet")
    camera.kiosk.scan_page()
    whole = pages(camera.until(lambda s: pages(s)[0].preview is not half, "the page in its place"))
    assert len(whole) == 1
    assert whole[0].preview.height == 2339


def test_corners_that_cannot_be_are_told_and_nothing_is_taken(camera: Player) -> None:
    camera.until(lambda s: seen(s) is not None, "a picture")
    camera.kiosk.set_corners(IMPOSSIBLE)
    camera.until(lambda s: (now := live(s)) is not None and now.code == "corners_impossible", "the sentence")
    camera.kiosk.scan_page()
    state = camera.until(lambda s: bool(s.session and s.session.scan is Job.FAILED), "the refusal")
    assert state.session is not None
    assert (state.session.scan_code, pages(state)) == ("corners_impossible", [])
    camera.kiosk.set_corners(None)
    camera.until(lambda s: (now := live(s)) is not None and now.code == "" and now.corners is None, "found again")


def test_no_look_piles_up(camera: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    worker = camera.kiosk.parts.workers["document_scanner"]
    submit = worker.submit

    def noted(job: str, session_id: str, call: Any) -> None:
        asked.append(job)
        submit(job, session_id, call)

    monkeypatch.setattr(worker, "submit", noted)
    camera.until(lambda s: len(asked) == 1, "one look")
    for _ in range(3):  # nobody drains the inbox: the glass is busy
        camera.kiosk.tick()
    assert len(asked) == 1
    camera.until(lambda s: len(asked) == 3, "looks one after the other")


@pytest.mark.parametrize("away", ["back", "next", "finish"])
def test_nothing_of_the_paper_stays_when_it_is_left(camera: Player, away: str) -> None:
    camera.until(lambda s: seen(s) is not None, "a picture")
    session = camera.state.session
    assert session is not None
    late = CameraSeen("document_scanner", session.live.job if session.live else "", session.id, seen(camera.state))
    getattr(camera.kiosk, away)()
    camera.kiosk.handle(late)
    assert live(camera.state) is None
    del late, session
    camera.until(lambda _s: not previews(), "the last picture to go")


def test_no_picture_while_the_page_is_looked_at(camera: Player) -> None:
    camera.until(lambda s: seen(s) is not None, "a picture")
    camera.kiosk.scan_page()
    camera.until(lambda s: bool(pages(s)) and live(s) is None, "the page")
    camera.kiosk.tick()
    camera.drain(0.3)
    assert live(camera.state) is None
    camera.kiosk.scan_page()
    camera.until(lambda s: seen(s) is not None, "the picture for one more page")
    camera.kiosk.hide_camera()
    assert live(camera.state) is None
    camera.kiosk.delete_page(0)
    camera.until(lambda s: seen(s) is not None, "the picture when no page is left")


def test_a_camera_that_was_away_comes_back_by_itself(camera: Player) -> None:
    camera.until(lambda s: seen(s) is not None, "a picture")
    device = camera.machine.devices["document_scanner"]
    device.unplug()
    camera.until(lambda s: (now := live(s)) is not None and now.code == "device_unplugged", "its absence")
    assert seen(camera.state) is None
    device.restore()
    camera.kiosk.tick()
    state = camera.until(lambda s: seen(s) is not None, "the picture again")
    now = live(state)
    assert now is not None
    assert now.code == ""


def test_what_a_covered_lens_has_said_goes_when_the_sheet_is_seen(camera: Player) -> None:
    device = camera.machine.devices["document_scanner"]
    device.cover()
    camera.until(lambda s: (now := seen(s)) is not None and not now.steady, "a black picture")
    camera.kiosk.scan_page()
    camera.until(lambda s: bool(s.session and s.session.scan_code == "camera_black"), "the sentence")
    camera.drain(0.3)
    assert camera.kiosk.session.scan_code == "camera_black"  # while it is black
    device.restore()
    state = camera.until(lambda s: bool(s.session and s.session.scan_code == ""), "the good picture alone")
    assert state.session is not None
    assert state.session.scan is Job.NONE
    camera.kiosk.scan_page()
    camera.until(lambda s: bool(pages(s)), "the page")


def test_a_sentence_about_the_paper_stays_over_a_good_picture(camera: Player) -> None:
    camera.until(lambda s: (now := seen(s)) is not None and now.steady, "a picture")
    camera.kiosk.set_corners(IMPOSSIBLE)
    camera.kiosk.scan_page()
    camera.until(lambda s: bool(s.session and s.session.scan_code == "corners_impossible"), "the sentence")
    before = seen(camera.state)
    camera.until(lambda s: (now := seen(s)) is not None and now is not before and now.steady, "the next picture")
    assert camera.kiosk.session.scan_code == "corners_impossible"


def test_a_driver_that_was_replaced_is_asked_again(camera: Player) -> None:
    camera.until(lambda s: seen(s) is not None, "a picture")
    session = camera.state.session
    assert session is not None
    assert session.live is not None
    camera.kiosk.handle(JobFailed("document_scanner", session.live.job, session.id, "device_hangs"))
    now = live(camera.state)
    assert now is not None
    assert (now.picture, now.code, now.job) == (None, "device_hangs", "")
    camera.kiosk.tick()
    camera.until(lambda s: seen(s) is not None, "the picture again")


def test_a_cancelled_scan_shows_the_picture_again(camera: Player) -> None:
    camera.until(lambda s: seen(s) is not None, "a picture")
    before = seen(camera.state)
    camera.kiosk.scan_page()
    camera.kiosk.cancel_scan()
    camera.until(lambda s: seen(s) not in (None, before), "the next picture")
    assert pages(camera.state) == []


def test_a_flatbed_shows_nothing_before_it_scans(player: Player) -> None:
    player.kiosk.ready()
    to_scan(player)
    player.drain(0.3)
    assert not player.state.camera
    assert live(player.state) is None
    player.kiosk.scan_page()
    player.until(lambda s: bool(pages(s)), "the page")
    assert player.state.step is Step.SCAN
