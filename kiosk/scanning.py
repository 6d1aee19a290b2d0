"""Papers on the glass of the scanner: pages come, are sealed and written down, taken again, taken away."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

from devices.document_scanner.page import warm_up
from devices.errors import DeviceError, NeedsAttention
from devices.events import CameraSeen, JobFailed, PageScanned, ScanFinished
from devices.interfaces import Corners, DocumentCamera, DocumentScanner
from kiosk import forms
from kiosk.clerk_events import PageFailed, PageStored
from kiosk.core import KioskCore
from kiosk.preview import preview
from kiosk.state import Job, LiveView, Page

MAX_PAGES = 40
LOOK_SECONDS = 0.1  # between two pictures of a camera
CAMERA_FAULTS = ("camera_black", "camera_silent", "device_unplugged", "device_hangs")  # over when a sheet is seen well
PATIENCE_SECONDS = 1.0  # for the next picture; the one before stays meanwhile


class ScanVerbs(KioskCore):
    """The pages of the paper that is scanned now (`session.component`)."""

    _next_look = 0.0

    def scan_page(self) -> None:
        """Scan what lies in the scanner now, as the next pages of this paper; a camera shows first what it sees."""
        live = self.session.live
        if live is None and self.state.camera:
            self.show_camera()
        else:
            self._scan("" if live is None or live.replacing is None else str(live.replacing))

    def retake_page(self, index: int) -> None:
        """Scan again in the place of a page."""
        if self.state.camera:
            self.show_camera(index)
        else:
            self._scan(str(index))

    def _scan(self, replacing: str) -> None:
        session = self.session
        worker = self.parts.workers.get("document_scanner")
        if session.component is None or session.scan is Job.RUNNING:
            return
        if worker is None:
            self.change_session(scan=Job.FAILED, scan_code="document_scanner_absent")
            return
        if not replacing and len(session.papers.get(session.component.id, ())) >= MAX_PAGES:
            self.change_session(scan=Job.FAILED, scan_code="too_many_pages")
            return
        job = f"scan:{uuid.uuid4().hex[:8]}:{session.component.id}:{replacing}"
        live = replace(session.live, job="", code="") if session.live else None
        corners = live.corners if live else None
        self.change_session(scan=Job.RUNNING, scan_code="", scan_job=job, live=live)
        worker.submit(job, session.id, lambda scanner: _scan_pages(scanner, job, session.id, corners))

    def cancel_scan(self) -> None:
        """Stop waiting for the scanner; what still comes is dropped."""
        if self.session.scan is Job.RUNNING:
            self.change_session(scan=Job.NONE, scan_code="", scan_job="")
            self.watch_camera()

    def leave_scanner(self) -> None:
        """Away from SCAN: nothing is waited for any more, and no picture of what lies there stays."""
        self.cancel_scan()
        self.hide_camera()

    def page_scanned(self, event: PageScanned) -> None:
        """A page has come: encrypt it and write it down before it is shown as kept."""
        if not self.is_current(event.session_id) or event.job != self.session.scan_job:
            return
        _, _, component_id, replacing = event.job.split(":")
        blobs, page = self.parts.blobs, event.page

        def store() -> object:
            try:
                stored = Page(blobs.put(page.jpeg), len(page.jpeg), preview(page))
            except OSError:
                return PageFailed(event.session_id, event.job, "disk_full")
            return PageStored(event.session_id, component_id, stored, int(replacing) if replacing else None)

        self.parts.clerk.do(store, failed=PageFailed(event.session_id, event.job, "page_not_stored"))

    def page_stored(self, event: PageStored) -> None:
        """The page lies encrypted on the disk: it belongs to the paper now."""
        if not self.is_current(event.session_id):
            self.parts.clerk.do(lambda: self._drop([event.page.sha256]), failed=None)
            return
        pages = list(self.session.papers.get(event.component_id, ()))
        dropped: list[str] = []
        if event.replacing is not None and event.replacing < len(pages):
            dropped.append(pages[event.replacing].sha256)
            pages[event.replacing] = event.page
        else:
            pages.append(event.page)
        self._set_pages(event.component_id, tuple(pages), dropped)
        self.hide_camera()  # the page is looked at now

    def delete_page(self, index: int) -> None:
        """Take a page away."""
        component = self.session.component
        if component is None:
            return
        pages = list(self.session.papers.get(component.id, ()))
        if 0 <= index < len(pages):
            gone = pages.pop(index)
            self._set_pages(component.id, tuple(pages), [gone.sha256])
            if not pages:
                self.show_camera()

    def move_page(self, index: int, component_id: str) -> None:
        """A page that belongs to another paper of this case: it goes there, as its last one."""
        component = self.session.component
        others = {paper.id for paper in forms.needed_papers(self.session.case, self.session.answers)}
        if component is None or component_id == component.id or component_id not in others:
            return
        pages = list(self.session.papers.get(component.id, ()))
        there = self.session.papers.get(component_id, ())
        if 0 <= index < len(pages) and len(there) < MAX_PAGES:
            moved = pages.pop(index)
            self._set_pages(component_id, (*there, moved), [])
            self._set_pages(component.id, tuple(pages), [])
            if not pages:
                self.show_camera()
            self.tell("page_moved")

    def _set_pages(self, component_id: str, pages: tuple[Page, ...], dropped: list[str]) -> None:
        errors = {key: code for key, code in self.session.errors.items() if key != component_id}
        self.change_session(papers={**self.session.papers, component_id: pages}, errors=errors)
        kept = {page.sha256 for group in self.session.papers.values() for page in group}
        gone = [sha256 for sha256 in dropped if sha256 not in kept]
        if gone:
            self.parts.clerk.do(lambda: self._drop(gone), failed=None)

    def scan_finished(self, event: ScanFinished) -> None:
        """The scanner has given all its pages."""
        if self.is_current(event.session_id) and event.job == self.session.scan_job:
            self.touched()  # the clock stood still while the page was scanned
            self.change_session(scan=Job.NONE, scan_code="")

    def scan_failed(self, event: JobFailed | PageFailed) -> None:
        """The scan or the writing of its page failed: say what to do."""
        if self.is_current(event.session_id) and event.job == self.session.scan_job:
            self.touched()
            self.change_session(scan=Job.FAILED, scan_code=event.code, scan_job="")
            self.watch_camera()
        elif self.is_current(event.session_id) and self.session.live and event.job == self.session.live.job:
            self._show_live(replace(self.session.live, job="", picture=None, code=event.code))

    # -- what a camera sees ---------------------------------------------------------------------------------------
    def warm_up_scanner(self) -> None:
        """Heavy libraries are loaded on the scanner's thread; a camera says that it is one."""
        if worker := self.parts.workers.get("document_scanner"):
            worker.submit("warm-up", "", _warm_up)

    def show_camera(self, replacing: int | None = None) -> None:
        """Show what the camera sees; the page that is taken goes to the end, or in the place of another."""
        if self.state.camera and self.session.scan is not Job.RUNNING:
            self.change_session(scan=Job.NONE, scan_code="")
            self._look(LiveView(replacing=replacing))

    def hide_camera(self) -> None:
        """Back to the pages."""
        if self.session.live is not None:
            self._show_live(None)

    def set_corners(self, corners: Corners | None) -> None:
        """Where a finger has put the corners of the sheet; None: the machine finds them again."""
        live = self.session.live
        if live is not None and self.session.scan is not Job.RUNNING:
            self._look(replace(live, corners=corners, code=""))

    def watch_camera(self) -> None:
        """SCAN, once a second: a camera that was away or silent is asked again."""
        session = self.state.session
        if session is None or session.live is None or session.live.job or session.scan is Job.RUNNING:
            return
        self._look(session.live)

    def camera_seen(self, event: CameraSeen) -> None:
        """The newest picture; the next one is asked for as long as it is looked at."""
        if not self.state.camera:
            self.change(camera=True)
        live = self.session.live if self.is_current(event.session_id) else None
        if live is None or event.job != live.job:
            return
        if event.code:
            self._show_live(replace(live, job="", picture=None, code=event.code))
        else:
            if event.preview and event.preview.steady and self.session.scan_code in CAMERA_FAULTS:
                self.change(session=replace(self.session, scan=Job.NONE, scan_code=""))
            code = "corners_impossible" if event.refused else ""
            self._look(replace(live, picture=event.preview or live.picture, code=code))

    def _look(self, live: LiveView) -> None:
        session, worker = self.session, self.parts.workers["document_scanner"]
        job, corners = f"look:{uuid.uuid4().hex[:8]}", live.corners
        at = self._next_look = max(time.monotonic(), self._next_look + LOOK_SECONDS)
        self._show_live(replace(live, job=job))
        worker.submit(job, session.id, lambda scanner: _look_down(scanner, job, session.id, corners, at))

    def _show_live(self, live: LiveView | None) -> None:
        self.change(session=replace(self.session, live=live))  # a message over the screen stays


def _warm_up(scanner: DocumentScanner) -> Iterator[object]:
    warm_up()
    if isinstance(scanner, DocumentCamera):
        yield CameraSeen("document_scanner")


def _look_down(
    scanner: DocumentScanner, job: str, session_id: str, corners: Corners | None, at: float
) -> Iterator[object]:
    """On the scanner's thread, not before `at`: a faster picture would only heat the machine."""
    if not isinstance(scanner, DocumentCamera):
        return
    time.sleep(max(0.0, at - time.monotonic()))
    try:
        refused = not scanner.set_corners(corners)
        yield CameraSeen("document_scanner", job, session_id, scanner.preview(PATIENCE_SECONDS), refused)
    except DeviceError as error:
        yield CameraSeen("document_scanner", job, session_id, code=error.code)


def _scan_pages(
    scanner: DocumentScanner, job: str, session_id: str, corners: Corners | None = None
) -> Iterator[object]:
    try:
        if corners is not None and isinstance(scanner, DocumentCamera) and not scanner.set_corners(corners):
            raise NeedsAttention("corners_impossible")
        for page in scanner.scan_pages():
            yield PageScanned("document_scanner", job, session_id, page)
    except DeviceError as error:
        yield JobFailed("document_scanner", job, session_id, error.code, error.detail)
        return
    yield ScanFinished("document_scanner", job, session_id)
