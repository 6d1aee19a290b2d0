"""The translator that kv binds to: `text: tr._('…')` follows the language live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.event import Observable

from kiosk import i18n


class Translator(Observable):
    """Vietnamese is the msgid. Watchers of `_` are called again when the language changes."""

    def __init__(self) -> None:
        super().__init__()
        self.language = i18n.SOURCE_LANGUAGE
        self._watchers: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    def _(self, text: str) -> str:
        """`text` in the language of the person who stands there."""
        return i18n.translate(text, self.language)

    def error(self, code: str) -> str:
        """The sentence for a code."""
        return i18n.error_text(code, self.language)

    def advice(self, code: str) -> str:
        """What to do about a code."""
        return i18n.advice(code, self.language)

    def fbind(self, name: str, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Called by kv for each rule that uses `tr._`."""
        if name == "_":
            self._watchers.append((func, args))

    def funbind(self, name: str, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Called by kv when a widget is dropped."""
        if name == "_" and (func, args) in self._watchers:
            self._watchers.remove((func, args))

    def switch(self, language: str) -> None:
        """Show everything in another language."""
        if language != self.language:
            self.language = language
            for func, args in list(self._watchers):
                func(*args, None, None)


tr = Translator()
