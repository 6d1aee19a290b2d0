"""One line that is being typed: text, cursor, and every key taken back one by one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kiosk.comfort.input_methods import InputMethod, Word, press
from kiosk.text import nfc


@dataclass(frozen=True)
class Editor:
    """The text on both sides of the cursor. Every method gives a new editor."""

    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)
    tone_key: tuple[int, str] | None = field(default=None, repr=False)
    last: Editor | None = field(default=None, repr=False, compare=False)  # before the last key

    @classmethod
    def of(cls, text: str) -> Editor:
        """The cursor behind `text`."""
        return cls(nfc(text))

    @property
    def text(self) -> str:
        """All of it, NFC."""
        return self.before + self.after

    def key(self, key: str, method: InputMethod = InputMethod.LETTERS) -> Editor:
        """One character, or the name of a tone key."""
        start = len(self.before)
        while start and self.before[start - 1].isalpha():
            start -= 1
        word = press(Word(self.before[start:], self.tone_key), key, method)
        after = replace(self, before=self.before[:start] + word.text, tone_key=word.tone_key, last=self)
        return self if after == self else after  # a tone without a vowel

    def back(self) -> Editor:
        """Take the last key back; what was there before the typing goes letter by letter."""
        return self.last or replace(self, before=self.before[:-1], tone_key=None)

    def clear(self) -> Editor:
        """Nothing; `back` brings it again."""
        return replace(self, before="", after="", tone_key=None, last=self) if self.text else self

    def move(self, by: int) -> Editor:
        """The cursor `by` letters to the right, negative to the left."""
        place = max(0, min(len(self.text), len(self.before) + by))
        return Editor(self.text[:place], self.text[place:])
