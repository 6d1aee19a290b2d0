"""Home: one touch takes a number; beside it the doors to priority and to submitting a dossier."""

from __future__ import annotations

from collections.abc import Mapping

from kivy.properties import StringProperty

from kiosk.slips import in_minutes
from kiosk.state import AppState, SeriesView
from screens.tr import tr
from screens.widgets import KioskScreen, Tile, show_list


class SeriesTile(Tile):
    """One series: its purpose, who waits, or why it is closed."""


class HomeScreen(KioskScreen):
    """Six tiles for numbers, priority at the side, the door to a dossier."""

    priority_text = StringProperty("")
    closed_text = StringProperty("")
    closed_detail = StringProperty("")

    def render(self, state: AppState) -> None:
        """Show the tiles of the series and whether a priority group is chosen."""
        show_list(self.ids.series, self._tile, [_row(series, state.closed_code) for series in state.series])
        group = state.session.priority if state.session else ""
        self.priority_text = tr._(group)
        self.closed_text = tr.error(state.closed_code)
        self.closed_detail = _opening(state) or tr.advice(state.closed_code)

    def _tile(self) -> SeriesTile:
        tile = SeriesTile()
        tile.bind(on_release=lambda t: self.kiosk.take_number(t.key))
        return tile


def _row(series: SeriesView, closed_code: str) -> Mapping[str, object]:
    """What a tile shows; while the whole hall is closed the banner alone says why."""
    if closed_code:
        detail = tr._("Chưa cấp số")
    elif series.closed_code:
        detail = tr.error(series.closed_code)
    elif series.waiting:
        detail = tr._("{n} người đang chờ").format(n=series.waiting)
        if series.estimate and series.estimate.high:
            detail = tr._("{n} người chờ, khoảng {minutes} phút").format(
                n=series.waiting, minutes=in_minutes(series.estimate)
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
