"""Home: one touch takes a number; below it the door to submitting a dossier."""

from __future__ import annotations

from kivy.properties import StringProperty

from kiosk.state import AppState, SeriesView
from screens.tr import tr
from screens.widgets import KioskScreen, Tile


class SeriesTile(Tile):
    """One series: its purpose, who waits, or why it is closed."""

    letter = StringProperty("")

    def show(self, series: SeriesView) -> None:
        """Fill the tile."""
        self.letter = series.letter
        self.title = tr._(series.title)
        self.icon = series.icon
        self.disabled = bool(series.closed_code)
        self.detail = (
            tr.error(series.closed_code) if series.closed_code else tr._("{n} người đang chờ").format(n=series.waiting)
        )


class HomeScreen(KioskScreen):
    """Six tiles for numbers, priority at the side, two wide doors."""

    priority_text = StringProperty("")
    closed_text = StringProperty("")
    closed_detail = StringProperty("")

    def render(self, state: AppState) -> None:
        """Show the tiles of the series and whether a priority group is chosen."""
        grid = self.ids.series
        while len(grid.children) > len(state.series):
            grid.remove_widget(grid.children[0])
        while len(grid.children) < len(state.series):
            tile = SeriesTile()
            tile.bind(on_release=lambda t: self.kiosk.take_number(t.letter))
            grid.add_widget(tile)
        for tile, series in zip(reversed(grid.children), state.series, strict=True):
            tile.show(series)
        group = state.session.priority if state.session else ""
        self.priority_text = tr._(group)
        self.closed_text = tr.error(state.closed_code)
        self.closed_detail = tr.advice(state.closed_code)


SCREEN = HomeScreen
