"""A finger on the live picture of a camera, in the real window: a real stream, real touches; answers in JSON."""

from __future__ import annotations

import gc
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from Xlib import X

from tests.contract.camera_stream import CameraStream
from tests.screens.stage import window_on
from tests.unit.desks import lay
from tests.unit.paper import printed

VIEW = (1200, 900)
SHARE = 0.7
VIEW_WIDTH = 297 / SHARE * VIEW[0] / VIEW[1]
BLACK = np.full((VIEW[1], VIEW[0], 3), 2, np.uint8)
SILENT_SECONDS = 1.0
PROCEDURE = "2.000635"


def probe() -> dict[str, Any]:
    """What was seen on the glass at each turn."""
    from devices import frames
    from screens.launch import PORTRAIT

    frames.STUCK_SECONDS = SILENT_SECONDS
    stream = CameraStream()
    stream.scene = np.ascontiguousarray(lay(printed("text", 0), "mat", 0, SHARE, VIEW).picture[:, :, ::-1])
    answer: dict[str, Any] = {}
    table = {"driver": "camera", "source": stream.url, "view_width_mm": VIEW_WIDTH, "steady_seconds": 0.3}
    try:
        window_on(
            PORTRAIT,
            lambda window, machine: Citizen(window, machine, stream).run(answer),
            devices={"document_scanner": table},
        )
    finally:
        stream.unplug()
    return answer


class Citizen:
    """Lays a paper down, corrects its corners, takes it, takes it again; meanwhile the camera fails in every way."""

    def __init__(self, window: Any, machine: Any, stream: CameraStream) -> None:
        from screens.robot import Robot

        self.window, self.kiosk, self.stream = window, machine.kiosk, stream
        self.robot = Robot(window)
        self.screen: Any = None

    def run(self, answer: dict[str, Any]) -> None:
        """From the first picture to the end of the session."""
        from kiosk.state import Step

        robot = self.robot
        robot.wait(lambda _s: len(self.window.screens) == len(Step), "all screens")
        self.screen = self.window.screens["scan"]
        robot.wait(lambda s: s.camera, "the camera")
        robot.on_main(self._to_scan)
        self.shows(lambda: self.screen.outlined, "the sheet")
        answer["like_the_sheet"] = self.likeness()
        answer["dragged"] = self.drag_lower_corners()
        answer["half"] = self.take()
        robot.tap("Quét lại trang này")
        self.shows(lambda: self.screen.outlined and not self.screen.by_hand, "the sheet again")
        answer["whole"] = self.take()
        robot.tap("Thêm trang")
        self.shows(lambda: self.screen.outlined, "the sheet once more")
        answer["faults"] = self.faults()
        answer["texture_before"] = robot.on_main(lambda: self.screen.ids.sheet.texture is not None)
        robot.tap("Kết thúc")
        robot.wait_step(Step.HOME)
        answer["texture_after"] = robot.on_main(lambda: self.screen.ids.sheet.texture is not None)
        self.shows(lambda: not _previews(), "the last picture gone")
        robot.close()

    def _to_scan(self) -> None:
        kiosk = self.kiosk
        kiosk.browse()
        kiosk.choose_procedure(PROCEDURE)
        kiosk.choose_case("authorised")
        kiosk.open_paper(kiosk.papers_needed()[0].id)

    def shows(self, wanted: Callable[[], bool], what: str) -> None:
        """Wait until the glass is as wanted."""
        self.robot.wait(lambda _s: self.robot.on_main(wanted), what)

    def likeness(self) -> float:
        """How like what lies below the camera the picture on the glass is: correlation, 1 is the same."""
        left, top, wide, high = self.robot.on_main(self._place)
        glass = self.robot.grab().crop((round(left), round(top), round(left + wide), round(top + high))).convert("L")
        true = cv2.resize(cv2.cvtColor(self.stream.scene, cv2.COLOR_BGR2GRAY), glass.size, interpolation=cv2.INTER_AREA)
        return float(np.corrcoef(np.asarray(glass, np.float32).ravel(), true.astype(np.float32).ravel())[0, 1])

    def _place(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the picture in the window, from its top left."""
        sheet = self.screen.ids.sheet
        left, bottom, wide, high = sheet.place()
        x, y = sheet.to_window(left, bottom + high)
        return x, self.window.root.height - y, wide, high

    def drag_lower_corners(self) -> dict[str, Any]:
        """Both lower corners to half the height of the sheet, with a finger that lands beside them."""
        before = self.robot.on_main(lambda: self.screen.ids.sheet.corners)
        left, top, wide, high = self.robot.on_main(self._place)
        for number, above in ((2, 1), (3, 0)):
            (x, y), (_, upper) = before[number], before[above]
            start = left + x * wide + 25, top + y * high - 30
            self.drag(start, (start[0], start[1] - (y - upper) * high / 2))
        self.robot.wait(lambda s: bool(s.session and s.session.live and s.session.live.corners), "the corners")
        after = self.robot.state.session.live.corners  # type: ignore[union-attr]
        assert after is not None
        lower = [(before[n][1] - after[n][1]) / (before[n][1] - before[a][1]) for n, a in ((2, 1), (3, 0))]
        upper_still = all(np.allclose(before[n], after[n], atol=0.01) for n in (0, 1))
        return {"moved": lower, "upper_still": upper_still, "by_hand": self.robot.on_main(lambda: self.screen.by_hand)}

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press, draw, release."""
        robot = self.robot
        left, top = robot._window_origin()
        robot._fake(X.MotionNotify, x=round(left + start[0]), y=round(top + start[1]))
        robot._fake(X.ButtonPress, 1)
        robot.settle()  # a finger rests where it lands; what moves at once is felt only from there on
        for part in range(1, 6):
            time.sleep(0.03)
            x, y = (s + (e - s) * part / 5 for s, e in zip(start, end, strict=True))
            robot._fake(X.MotionNotify, x=round(left + x), y=round(top + y))
        robot.settle()
        robot._fake(X.ButtonRelease, 1)
        robot.settle()

    def take(self) -> list[int]:
        """«Quét trang»: width and height of the page in the session."""
        self.robot.tap("Quét trang")
        self.robot.wait(lambda s: bool(s.session and s.session.papers and s.session.live is None), "the page")
        self.robot.settle()
        session = self.robot.state.session
        assert session is not None
        (pages,) = session.papers.values()
        return [len(pages), pages[0].preview.width, pages[0].preview.height]

    def faults(self) -> dict[str, str]:
        """Each fault: what the glass says; and that it shows the sheet again after it."""
        stream, said = self.stream, {}
        scene = stream.scene

        def cover() -> None:
            stream.scene = BLACK

        def uncover() -> None:
            stream.scene = scene

        for name, begin, end in (
            ("black", cover, uncover),
            ("unplugged", stream.unplug, stream.plug),
            ("hangs", stream.frozen.set, stream.frozen.clear),
        ):
            begin()
            self.shows(lambda: bool(self.screen.error), name)
            said[name] = self.robot.on_main(lambda: f"{self.screen.error} {self.screen.error_detail}")
            end()
            self.shows(lambda: self.screen.outlined and not self.screen.error, f"the sheet after {name}")
        return said


def _previews() -> list[Any]:
    from devices.interfaces import Preview

    gc.unfreeze()
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, Preview)]


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    print(json.dumps(probe()))
