"""What the pages of the desk ask of the kiosk; done on the main thread, as if the officer stood before the glass."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DeskAsked:
    """A verb of `desk.ASKED` with its arguments; `answer` gets the code of what came of it, translated with advice."""

    verb: str
    arguments: tuple[str | int, ...]
    officer: str
    answer: Future[str] = field(default_factory=Future, compare=False, repr=False)
