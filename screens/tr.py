"""The translator that kv binds to: `text: tr._('…')` follows the language live."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from kivy.event import Observable

from kiosk import i18n


class Translator(Observable):
    """Vietnamese is the msgid. Watchers of `_` are called again when the language changes."""

    def __init__(self) -> None:
        super().__init__()
        self.language = i18n.SOURCE_LANGUAGE
        self._uids = count(1)
        self._watchers: dict[int, tuple[Callable[..., Any], tuple[Any, ...]]] = {}

    def _(self, text: str) -> str:
        """`text` in the language of the person who stands there."""
        return i18n.translate(text, self.language)

    def error(self, code: str) -> str:
        """The sentence for a code."""
        return i18n.error_text(code, self.language)

    def advice(self, code: str) -> str:
        """What to do about a code."""
        return i18n.advice(code, self.language)

    def staff_advice(self, code: str) -> str:
        """What an officer does about a code."""
        return i18n.staff_advice(code, self.language)

    def technician_line(self, code: str) -> str:
        """What a code means to a technician."""
        return i18n.technician_line(code, self.language)

    def fbind(self, name: str, func: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
        """Called by kv for each rule that uses `tr._`; the answer is what `unbind_uid` takes, 0 for no binding."""
        if name != "_":
            return 0
        uid = next(self._uids)
        self._watchers[uid] = func, args
        return uid

    def unbind_uid(self, name: str, uid: int) -> None:
        """Called by kv when a widget is dropped."""
        self._watchers.pop(uid, None)

    def switch(self, language: str) -> None:
        """Show everything in another language."""
        if language == self.language:
            return
        self.language = language
        for uid, (func, args) in list(self._watchers.items()):
            try:
                func(*args, None, None)
            except ReferenceError:  # a dropped widget whose destructor has not run yet
                self._watchers.pop(uid, None)


tr = Translator()
