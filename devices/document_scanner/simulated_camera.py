"""A camera above the papers without a camera: lays the pictures of a folder on a dark mat, one after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from devices import interfaces
from devices.document_scanner.page import open_picture, page_of_photograph
from devices.document_scanner.quality import view_problems
from devices.document_scanner.sheet import WHOLE, Corners, Picture, can_be_sheet, find_sheet, flatten
from devices.document_scanner.simulated import Settings, SimulatedDocumentScanner, read_file
from devices.errors import NeedsAttention, Unavailable
from devices.interfaces import Preview, ScannedPage

VIEW = (1440, 1080)  # dots
LOOK = (960, 720)
VIEW_WIDTH_MM = 420.0
MAT = (38, 36, 35)
A4_SHARES = Corners(
    (0.27, 0.06), (0.745, 0.075), (0.735, 0.955), (0.255, 0.945)
)  # where the sheet lies, a little askew
PICTURE_SECONDS = 0.04  # as fast as a camera


class SimulatedCamera(SimulatedDocumentScanner):
    """Sees what it would scan next; a covered lens sees black, an empty mat no sheet."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._corners: Corners | None = None
        self._laid: tuple[Path, Picture] | None = None

    def preview(self, timeout: float) -> Preview | None:
        """The next paper on the mat. Raises `Unavailable` while it is unplugged."""
        import cv2

        self._faulty.wait(min(timeout, PICTURE_SECONDS))
        look = np.asarray(cv2.resize(self._view(), LOOK, interpolation=cv2.INTER_LINEAR), np.uint8)
        corners = self._corners or find_sheet(look)
        problems = view_problems(flatten(look, corners.points(*LOOK), (566, 800))) if corners else ()
        return Preview(look.tobytes(), *LOOK, corners, steady=corners is not None, problems=problems)

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
        photograph = _lay(picture)
        corners, self._corners = self._corners or find_sheet(photograph) or WHOLE, None
        return page_of_photograph(photograph, corners, VIEW[0] / VIEW_WIDTH_MM * 25.4)

    def _view(self) -> Picture:
        fault = self._fault
        if isinstance(fault, Unavailable):
            raise Unavailable(fault.code)
        files = self._files()
        if fault is not None and fault.code == "camera_black":
            return np.full((VIEW[1], VIEW[0], 3), 2, np.uint8)
        if fault is not None or not files:
            return _mat()
        file = files[self._next % len(files)]
        if self._laid is None or self._laid[0] != file:
            try:
                self._laid = file, _lay(open_picture(read_file(file)))
            except NeedsAttention:
                self._laid = file, _mat()
        return self._laid[1]


def _mat() -> Picture:
    return np.full((VIEW[1], VIEW[0], 3), MAT, np.uint8)


def _lay(picture: Image.Image) -> Picture:
    import cv2

    sheet = np.asarray(picture.convert("RGB"), np.uint8)
    edge = WHOLE.points(sheet.shape[1], sheet.shape[0])
    move = cv2.getPerspectiveTransform(edge, A4_SHARES.points(*VIEW))
    view = _mat()
    # OpenCV paints into the mat: what is beside the sheet stays
    cv2.warpPerspective(sheet, move, VIEW, view, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT)
    return view
