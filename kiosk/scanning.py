"""Papers on the glass of the scanner: pages come, are sealed and written down, taken again, taken away."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from devices.errors import DeviceError
from devices.events import JobFailed, PageScanned, ScanFinished
from devices.interfaces import DocumentScanner
from kiosk.clerk_events import PageFailed, PageStored
from kiosk.identifying import IdentifyVerbs
from kiosk.preview import preview
from kiosk.state import Job, Page

MAX_PAGES = 40


class ScanVerbs(IdentifyVerbs):
    """The pages of the paper that is scanned now (`session.component`)."""

    def scan_page(self) -> None:
        """Scan what lies in the scanner now, as the next pages of this paper."""
        self._scan("")

    def retake_page(self, index: int) -> None:
        """Scan again in the place of a page."""
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
        self.change_session(scan=Job.RUNNING, scan_code="", scan_job=job)
        worker.submit(job, session.id, lambda scanner: _scan_pages(scanner, job, session.id))

    def cancel_scan(self) -> None:
        """Stop waiting for the scanner; what still comes is dropped."""
        if self.session.scan is Job.RUNNING:
            self.change_session(scan=Job.NONE, scan_code="", scan_job="")

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

    def delete_page(self, index: int) -> None:
        """Take a page away."""
        component = self.session.component
        if component is None:
            return
        pages = list(self.session.papers.get(component.id, ()))
        if 0 <= index < len(pages):
            gone = pages.pop(index)
            self._set_pages(component.id, tuple(pages), [gone.sha256])

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
            self.last_touch = time.monotonic()  # the clock stood still while the page was scanned
            self.change_session(scan=Job.NONE, scan_code="")

    def scan_failed(self, event: JobFailed | PageFailed) -> None:
        """The scan or the writing of its page failed: say what to do."""
        if self.is_current(event.session_id) and event.job == self.session.scan_job:
            self.last_touch = time.monotonic()
            self.change_session(scan=Job.FAILED, scan_code=event.code, scan_job="")


def _scan_pages(scanner: DocumentScanner, job: str, session_id: str) -> Iterator[object]:
    try:
        for page in scanner.scan_pages():
            yield PageScanned("document_scanner", job, session_id, page)
    except DeviceError as error:
        yield JobFailed("document_scanner", job, session_id, error.code, error.detail)
        return
    yield ScanFinished("document_scanner", job, session_id)
