"""Vietnamese text: one normal form, search folding, tone marks for the keyboard on the glass (DOMAIN 10)."""

from __future__ import annotations

import unicodedata

TONES = {"huyen": "\u0300", "sac": "\u0301", "hoi": "\u0309", "nga": "\u0303", "nang": "\u0323"}
TONE_MARKS = frozenset(TONES.values())
VOWELS = frozenset("aăâeêioôơuưy")
APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"))
ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONE_ORDER = ("", TONES["huyen"], TONES["hoi"], TONES["nga"], TONES["sac"], TONES["nang"])
AFTER_ALL_SIGNS = 0x110000  # letters sort after spaces, signs and digits, which go by their code points
D_WITH_STROKE = str.maketrans({"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "\u0256": "d", "\u0189": "D"})


def nfc(text: str) -> str:
    """The form in which all text is kept; scanners and files may send NFD."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """For searching: no marks, no case, single spaces. đ goes first because NFD does not take it apart."""
    plain = unicodedata.normalize("NFD", text.translate(D_WITH_STROKE))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


def search_key(text: str) -> str:
    """`fold`, and one apostrophe for all: what is compared when a person searches (Ea H'Leo, Ea H’Leo)."""
    return fold(text.translate(APOSTROPHES))


SortKey = tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...]]


def sort_key(text: str) -> SortKey:
    """For sorting as in a Vietnamese dictionary (CLDR vi): letters (a ă â b c d đ …), then tones, then small letters
    before capitals. A letter of another alphabet sorts as its base letter.
    """
    letters = [_untoned(c) for c in nfc(text)]
    tones = (next((c for c in unicodedata.normalize("NFD", letter) if c in TONE_MARKS), "") for letter in nfc(text))
    return (
        tuple(_weight(letter.lower()) for letter in letters),
        tuple(TONE_ORDER.index(tone) for tone in tones),
        tuple(letter.isupper() for letter in letters),
    )


def _weight(letter: str) -> int:
    known = letter if letter in ALPHABET else unicodedata.normalize("NFD", letter)[:1]
    return AFTER_ALL_SIGNS + ALPHABET.index(known) if known and known in ALPHABET else ord(letter[:1] or "\0")


def apply_tone(text: str, tone: str) -> str:
    """`text` with a tone (huyen, sac, hoi, nga, nang, or "" for none) on its last syllable; the same tone again takes
    it away. Never refuses a syllable: without a better rule the last vowel takes the mark. NFC in and out.
    """
    text = nfc(text)
    start = len(text)
    while start and (text[start - 1].isalpha() or unicodedata.combining(text[start - 1])):
        start -= 1
    syllable = [_untoned(c) for c in text[start:]]
    if not any(c.lower() in VOWELS for c in map(_base, syllable)):
        return text
    old = next((mark for c in text[start:] for mark in unicodedata.normalize("NFD", c) if mark in TONE_MARKS), "")
    mark = TONES.get(tone, "")
    if mark and mark != old:
        place = _place(syllable)
        syllable[place] = nfc(syllable[place] + mark)
    return text[:start] + "".join(syllable)


def _place(syllable: list[str]) -> int:
    """Which letter bears the tone: the marked vowel, else by the traditional rule (hòa, thủy, quyển)."""
    letters = [_base(c).lower() for c in syllable]
    vowels = [i for i, c in enumerate(letters) if c in VOWELS]
    # qu and gi are consonants when another vowel follows
    while len(vowels) > 1 and vowels[0] > 0 and letters[vowels[0] - 1 : vowels[0] + 1] in (["q", "u"], ["g", "i"]):
        vowels = vowels[1:]
    group = [i for n, i in enumerate(vowels) if i - vowels[0] == n]
    marked = [i for i in group if letters[i] in "ăâêôơư"]
    if marked:
        return marked[-1]
    closed = group[-1] + 1 < len(letters)
    if len(group) == 1:
        return group[0]
    if len(group) == 2:
        return group[1] if closed else group[0]
    return group[1]


def _untoned(letter: str) -> str:
    return nfc("".join(c for c in unicodedata.normalize("NFD", letter) if c not in TONE_MARKS))


def _base(letter: str) -> str:
    return _untoned(letter)
