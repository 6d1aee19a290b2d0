"""Scenes of the camera above the papers: what it sees, its advice, its corners, its failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from devices import registry
from devices.interfaces import Condition, Corners, DeviceStatus, Preview
from kiosk.state import Job, LiveView, Page, Session, Step
from tests.screens.scene import READY, Scene, Site

BY_HAND: Corners = ((0.2, 0.12), (0.8, 0.12), (0.8, 0.88), (0.2, 0.88))


@cache
def seen(fault: str = "") -> Preview:
    """What the simulated camera sees."""
    camera = registry.create("document_scanner", {"driver": "simulated", "camera": True})
    if fault:
        getattr(camera, fault)()
        camera._faulty.clear()
    picture = camera.preview(1.0)
    assert isinstance(picture, Preview)
    return picture


def camera_scenes(site: Site, session: Session, pages: tuple[Page, ...]) -> Iterator[Scene]:
    """SCAN with a camera; `session` has its paper chosen, `pages` are some that were scanned."""
    assert session.component is not None
    base = replace(site.base, devices=READY, camera=True, step=Step.SCAN)
    found, glare = seen(), replace(seen(), problems=("view_glare",))
    taken = {session.component.id: pages}

    def scene(name: str, live: LiveView, **values: object) -> Scene:
        return Scene(f"camera-{name}", replace(base, session=replace(session, live=live, **values)))  # type: ignore[arg-type]

    yield scene("opening", LiveView())
    yield scene("empty", LiveView(picture=seen("empty")))
    yield scene("found", LiveView(picture=found))
    yield scene("glare", LiveView(picture=glare), papers=taken)
    dragging = scene("dragging", LiveView(picture=found, corners=BY_HAND))
    yield replace(dragging, act=lambda screen: screen.ids.sheet.take(0))
    yield scene("refused", LiveView(picture=found, corners=BY_HAND, code="corners_impossible"), papers=taken)
    yield scene("running", LiveView(picture=found), scan=Job.RUNNING)
    yield scene("moving", LiveView(picture=found), scan=Job.FAILED, scan_code="page_moving")
    away = {**READY, "document_scanner": DeviceStatus(Condition.OFFLINE, "camera_silent")}
    silent = scene("silent", LiveView(code="camera_silent"))
    yield replace(silent, state=replace(silent.state, devices=away))
    black = {**READY, "document_scanner": DeviceStatus(Condition.ATTENTION, "camera_black")}
    covered = scene("black", LiveView(picture=seen("cover")))
    yield replace(covered, state=replace(covered.state, devices=black))
