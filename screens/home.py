"""Home in two halves: a number in one touch, and what people come for with its search."""

from __future__ import annotations

from collections.abc import Mapping

from kivy.properties import BooleanProperty, ColorProperty, ObjectProperty, StringProperty

from kiosk.catalogue import HomeTile
from kiosk.comfort import Sheet
from kiosk.state import AppState, SeriesView
from screens.tr import tr
from screens.widgets import Card, KioskScreen, Press, show_list


class NumberTile(Press):
    """One series: its purpose, who waits, or why it is closed."""

    title = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("")


class JobTile(Press):
    """One common job in a few words."""

    title = StringProperty("")
    icon = StringProperty("")
    shown = BooleanProperty(True)
    job: HomeTile = ObjectProperty(None, allownone=True)


class SearchDoor(Press):
    """Looks like the field of the search; a touch opens it."""


class Half(Card):
    """One half of home: its heading with a picture, and what belongs to it."""

    title = StringProperty("")
    lead = StringProperty("")
    icon = StringProperty("")
    tint = ColorProperty((0, 0, 0, 0))  # given by home.kv


class HomeScreen(KioskScreen):
    """Six tiles for numbers with priority; the search, and twelve tiles for what people come for."""

    priority_text = StringProperty("")
    closed_text = StringProperty("")
    closed_detail = StringProperty("")
    job_words = StringProperty("")  # of all tiles
    feedback = BooleanProperty(False)  # the site takes suggestions

    def render(self, state: AppState) -> None:
        """Show both halves, and whether a priority group is chosen."""
        show_list(self.ids.series, self._number, [_number(series, state.closed_code) for series in state.series])
        self.job_words = " ".join(tr._(job.title) for job in state.jobs)
        jobs = [{"title": tr._(job.title), "icon": job.icon, "job": job} for job in state.jobs]
        show_list(self.ids.jobs, self._job, jobs)
        self.feedback = self.kiosk.parts.config.feedback is not None
        group = state.session.priority if state.session else ""
        self.priority_text = tr._(group)
        self.closed_text = tr.error(state.closed_code)
        self.closed_detail = _opening(state) or tr.advice(state.closed_code)

    def lower(self) -> None:
        """Everything within reach of who sits, and at once what else can be made easier."""
        self.kiosk.adjust(reach=True)
        self.kiosk.open_sheet(Sheet.DISPLAY)

    def _number(self) -> NumberTile:
        tile = NumberTile()
        tile.bind(on_release=lambda t: self.kiosk.take_number(t.key))
        return tile

    def _job(self) -> JobTile:
        tile = JobTile()
        tile.bind(on_release=lambda t: self.kiosk.choose_job(t.job))
        return tile


def _number(series: SeriesView, closed_code: str) -> Mapping[str, object]:
    """What a tile shows; while the whole hall is closed the banner alone says why."""
    if closed_code:
        detail = tr._("Chưa cấp số")
    elif series.closed_code:
        detail = tr.error(series.closed_code)
    elif series.waiting is None:
        detail = ""
    elif series.waiting:
        detail = tr._("{n} người đang chờ").format(n=series.waiting)
        if series.estimate and series.estimate.in_minutes:
            detail = tr._("{n} người chờ, khoảng {minutes} phút").format(
                n=series.waiting, minutes=series.estimate.in_minutes
            )
    else:
        detail = tr._("Không phải chờ")
    return {
        "key": series.letter,
        "title": tr._(series.title),
        "icon": series.icon,
        "detail": detail,
        "disabled": bool(closed_code or series.closed_code),
    }


def _opening(state: AppState) -> str:
    """When numbers are given again, "" when nobody knows."""
    at = state.next_opening
    if not state.closed_code or at is None:
        return ""
    if state.now and at.date() == state.now.date():
        return tr._("Máy cấp số lại lúc {time} hôm nay.").format(time=f"{at:%H:%M}")
    return tr._("Máy cấp số lại lúc {time} ngày {day}.").format(time=f"{at:%H:%M}", day=f"{at:%d/%m/%Y}")


SCREEN = HomeScreen
