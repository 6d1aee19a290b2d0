"""A camera above the papers without a camera: lays the pictures of a folder on a dark mat, one after the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from devices import interfaces
from devices.document_scanner.camera import reaches_edge
from devices.document_scanner.page import page_of_photograph
from devices.document_scanner.quality import view_problems
from devices.document_scanner.sheet import WHOLE, Corners, Picture, can_be_sheet, find_sheet, flatten
from devices.document_scanner.simulated import Settings, SimulatedDocumentScanner
from devices.errors import NeedsAttention, Unavailable
from devices.interfaces import Preview, ScannedPage

VIEW = (1440, 1080)  # dots
LOOK = (960, 720)
VIEW_WIDTH_MM = 420.0
MAT = (38, 36, 35)
A4_SHARES = Corners(
    (0.27, 0.06), (0.745, 0.075), (0.735, 0.955), (0.255, 0.945)
)  # where the sheet lies, a little askew
SLID = 0.35  # of the view: so far to the left when it lies half beside it
PICTURE_SECONDS = 0.04  # as fast as a camera


class SimulatedCamera(SimulatedDocumentScanner):
    """Sees what it would scan next; a covered lens sees black, an empty mat no sheet."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._corners: Corners | None = None
        self._laid: tuple[tuple[Path, str, bool], Picture] | None = None

    def preview(self, timeout: float) -> Preview | None:
        """The next paper on the mat. Raises `Unavailable` while it is unplugged."""
        import cv2

        self._faulty.wait(min(timeout, PICTURE_SECONDS))
        look = np.asarray(cv2.resize(self._view(), LOOK, interpolation=cv2.INTER_LINEAR), np.uint8)
        corners = self._corners or find_sheet(look)
        problems = view_problems(flatten(look, corners.points(*LOOK), (566, 800))) if corners else ()
        if corners and self._corners is None and reaches_edge(corners):
            problems = ("page_cut",)
        steady = corners is not None and self._fault is None
        return Preview(look.tobytes(), *LOOK, corners, steady, problems)

    def set_corners(self, corners: interfaces.Corners | None) -> bool:
        """Corners for the next scan."""
        if corners is not None and not can_be_sheet(Corners(*corners), *LOOK):
            return False
        self._corners = None if corners is None else Corners(*corners)
        return True

    def close(self) -> None:
        """Nothing of what it saw is kept."""
        self._corners, self._laid = None, None

    def _page_of(self, picture: Image.Image) -> ScannedPage:
        photograph = _lay(picture, self._cut_off)
        set_by_hand, self._corners = self._corners, None
        corners = set_by_hand or find_sheet(photograph) or WHOLE
        page = page_of_photograph(photograph, corners, VIEW[0] / VIEW_WIDTH_MM * 25.4)
        return (
            page
            if set_by_hand or not reaches_edge(corners) or corners is WHOLE
            else replace(page, problems=("page_cut",))
        )

    def _view(self) -> Picture:
        fault = self._fault
        if isinstance(fault, Unavailable):
            raise Unavailable(fault.code)
        files = self._files()
        if fault is not None and fault.code == "camera_black":
            return np.full((VIEW[1], VIEW[0], 3), 2, np.uint8)
        if not files or (fault is not None and fault.code != "page_moving"):
            return _mat()
        file = files[self._next % len(files)]
        lies = file, self._spoilt, self._cut_off
        if self._laid is None or self._laid[0] != lies:
            try:
                self._laid = lies, _lay(self._sheet(file), self._cut_off)
            except NeedsAttention:
                self._laid = lies, _mat()
        return self._laid[1]


def _mat() -> Picture:
    return np.full((VIEW[1], VIEW[0], 3), MAT, np.uint8)


def _lay(picture: Image.Image, slid: bool) -> Picture:
    import cv2

    sheet = np.asarray(picture.convert("RGB"), np.uint8)
    edge = WHOLE.points(sheet.shape[1], sheet.shape[0])
    place = A4_SHARES.points(*VIEW) - np.array([SLID * VIEW[0] if slid else 0, 0], np.float32)
    move = cv2.getPerspectiveTransform(edge, place)
    view = _mat()
    # OpenCV paints into the mat: what is beside the sheet stays
    cv2.warpPerspective(sheet, move, VIEW, view, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT)
    return view
