"""What the clerk reports to the main thread."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.state import Page


@dataclass(frozen=True)
class PageStored:
    """A scanned page lies encrypted on the disk; `replacing` is the index of the page in whose place it comes."""

    session_id: str
    component_id: str
    page: Page = field(repr=False)
    replacing: int | None = None


@dataclass(frozen=True)
class PageFailed:
    """A page could not be kept."""

    session_id: str
    job: str
    code: str


@dataclass(frozen=True)
class DossierStored:
    """The dossier is committed to the outbox: from here on it cannot be lost."""

    session_id: str
    client_ref: str


@dataclass(frozen=True)
class DossierFailed:
    """The dossier could not be committed; the citizen can try again."""

    session_id: str
    code: str


@dataclass(frozen=True)
class PinChecked:
    """Whether a PIN was the right one."""

    name: str
    right: bool
