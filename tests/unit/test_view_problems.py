"""What is said of a sheet that still lies before a camera, and what the simulated camera sees."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from devices import registry
from devices.document_scanner.quality import view_problems
from devices.document_scanner.sheet import Corners, Picture, find_sheet, flatten
from devices.document_scanner.simulated_camera import SimulatedCamera
from devices.errors import Unavailable
from devices.interfaces import Condition, DocumentCamera
from tests.unit.desks import lay
from tests.unit.paper import printed

VIEW = (960, 720)


def seen(spoil: float = 1.0, lamp: bool = False) -> tuple[str, ...]:
    """What is said of an A4 sheet on a mat as a preview shows it, with so much light."""
    shot = lay(printed("text", 0), "mat", 0, 0.85, VIEW)
    sheet: Picture = np.asarray(flatten(shot.picture, shot.corners, (566, 800)) * spoil, np.uint8)
    if lamp:
        cv2.ellipse(sheet, (280, 330), (70, 50), 0, 0, 360, (255, 255, 255), -1)
    return view_problems(sheet)


def test_a_sheet_in_good_light_has_no_problem() -> None:
    assert seen() == ()


def test_too_little_light_is_told() -> None:
    assert seen(spoil=0.3) == ("view_dark",)


def test_a_lamp_on_the_print_is_told() -> None:
    assert seen(lamp=True) == ("view_glare",)


@pytest.fixture
def camera() -> SimulatedCamera:
    """A simulated camera above the papers that we ship."""
    made = registry.create("document_scanner", {"driver": "simulated", "camera": True, "seconds_per_page": 0.0})
    assert isinstance(made, SimulatedCamera)
    return made


def test_the_simulated_camera_sees_what_it_takes(camera: SimulatedCamera) -> None:
    assert isinstance(camera, DocumentCamera)
    now = camera.preview(1.0)
    assert now is not None
    assert now.corners is not None
    assert now.problems == ()
    shown = np.frombuffer(now.rgb, np.uint8).reshape(now.height, now.width, 3)
    assert find_sheet(shown) == Corners(*now.corners)
    (page,) = camera.scan_pages()
    assert (page.width, page.height, page.problems) == (1654, 2339, ())
    after = camera.preview(1.0)
    assert after is not None
    assert after.rgb != now.rgb  # the next paper lies there


def test_its_faults_are_seen(camera: SimulatedCamera) -> None:
    camera.empty()
    bare = camera.preview(0.0)
    assert bare is not None
    assert bare.corners is None
    camera.cover()
    black = camera.preview(0.0)
    assert black is not None
    assert max(black.rgb) < 12
    assert camera.status().code == "camera_black"
    camera.unplug()
    with pytest.raises(Unavailable):
        camera.preview(0.0)
    camera.restore()
    assert camera.status().condition is Condition.READY


def test_a_flatbed_is_no_camera() -> None:
    assert not isinstance(registry.create("document_scanner", {"driver": "simulated"}), DocumentCamera)
