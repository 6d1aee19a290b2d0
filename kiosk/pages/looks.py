"""From templates to HTML: everything escaped, texts in the officer's language, times of the site."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kiosk import i18n
from kiosk.config import ASSETS
from kiosk.forms import Question, QuestionType, display_value

HERE = Path(__file__).parent
FONTS = ASSETS / "fonts"
STATIC = {
    **{name: (HERE / "static" / name, "text/css; charset=utf-8") for name in ("desk.css", "counter.css", "board.css")},
    **{name: (HERE / "static" / name, "text/javascript; charset=utf-8") for name in ("counter.js", "board.js")},
    "regular.ttf": (FONTS / "BeVietnamPro_400Regular.ttf", "font/ttf"),
    "bold.ttf": (FONTS / "BeVietnamPro_700Bold.ttf", "font/ttf"),
}
MINUTE = 60
UNITS = ((86400, "{count} ngày trước"), (3600, "{count} giờ trước"), (MINUTE, "{count} phút trước"))


def shown(question: Question, value: str, language: str) -> str:
    """An answer as the officer reads it; only choices are translated, what a citizen wrote never is."""
    text = display_value(question, value)
    return i18n.translate(text, language) if question.type is QuestionType.CHOICE else text


class Looks:
    """The templates of the pages. `clock` gives the site's aware time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        shipped = sorted([*(HERE / "static").iterdir(), *(HERE / "templates").iterdir()])
        self.version = hashlib.sha256(b"".join(path.read_bytes() for path in shipped)).hexdigest()[:8]
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, template: str, language: str, **values: Any) -> str:
        """The HTML of a template."""
        return self._environment.get_template(template).render(
            _=partial(i18n.translate, language=language),
            said=partial(i18n.error_text, language=language),
            advice=partial(i18n.advice, language=language),
            when=self.when,
            ago=partial(self.ago, language=language),
            shown=partial(shown, language=language),
            language=language,
            version=self.version,
            **values,
        )

    def when(self, moment: datetime | None) -> str:
        """A time of the site as it is written here: `14:05 24/11/2026`."""
        return moment.astimezone(self._clock().tzinfo).strftime("%H:%M %d/%m/%Y") if moment else ""

    def ago(self, moment: datetime | None, language: str) -> str:
        """How long ago, in the largest unit that fits."""
        if moment is None:
            return ""
        seconds = (self._clock() - moment).total_seconds()
        if seconds < MINUTE:
            return i18n.translate("vừa xong", language)
        unit, text = next(pair for pair in UNITS if seconds >= pair[0])
        return i18n.translate(text, language).format(count=int(seconds // unit))
