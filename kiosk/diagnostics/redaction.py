"""Blanks what could tell about a person or open a door, in text and in data, and counts what was blanked.

Names cannot be known: so only what is written by those who write none goes through here at all (`bundle.py`). This is
the second net. It blanks rather too much: any run of nine digits may be somebody's number.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BLANK = "‹{what}›"
SECRET_KEYS = re.compile(r"(?i)(^|_)(token|password|passwd|secret|pin|can|mrz|api_?key|private_key|credentials?)$")
# what has as many digits and is nobody's number; no ID number looks like an address, as it begins with 0
UUID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
DAY = r"(?<!\d)20\d\d-[01]\d-[0-3]\d(?!\d)(?:[T ](?=[0-2]\d:))?"
OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
ADDRESS = rf"(?<![\d.]){OCTET}(?:\.{OCTET}){{3}}(?![\d.])"
# in this order; the group that is kept is named `before`
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S)),
    ("password in an address", re.compile(r"(?P<before>[a-zA-Z][\w+.\-]*://)[^\s\"'<>]*@")),
    (
        "secret",
        re.compile(
            r"(?i)(?P<before>\b(?:[\w\-]*(?:token|password|passwd|secret|api[_\-]?key|pin|otp|signature)|authorization|"
            r"cookie|can|mrz)\b[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?)[^\s\"',;&}\])]+"
        ),
    ),
    ("secret", re.compile(r"(?i)(?P<before>\b(?:bearer|basic)\s+)[\w.~+/=\-]{6,}")),
    ("secret", re.compile(r"\beyJ[\w\-]+\.[\w\-]+(?:\.[\w\-]*)?")),  # JSON web token, RFC 7519
    ("secret", re.compile(r"\$argon2\w*\$[^\s\"']+")),
    ("secret", re.compile(r"(?=[A-Za-z+]*[0-9])(?=[0-9+]*[A-Za-z])[A-Za-z0-9+]{24,}={0,2}")),
    ("e-mail address", re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")),
    ("machine-readable zone", re.compile(r"[A-Z0-9<]*<<[A-Z0-9<]*")),
    ("number", re.compile(rf"(?P<before>{UUID}|{DAY}|{ADDRESS})|\d(?:(?! (?:{DAY}|{ADDRESS}))[ .\-\u00a0]?\d){{8,}}")),
)


class Redactor:
    """Blanks `secrets` (exact texts) and everything that looks like a number, a secret or an address of a person."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.counts: Counter[str] = Counter()
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """`text` in NFKC, so that digits of any form are digits, with blanks in place of what must not be passed on."""
        text = unicodedata.normalize("NFKC", text)
        for secret in self._secrets:
            if found := text.count(secret):
                text = text.replace(secret, BLANK.format(what="secret"))
                self.counts["secret"] += found
        for what, pattern in PATTERNS:
            text = pattern.sub(lambda match, what=what: self._blank(match, what), text)  # type: ignore[misc]
        return text

    def value(self, value: Any, key: str = "") -> Any:
        """The same for data as JSON has it: keys and values; what stands under the name of a secret goes whole."""
        if SECRET_KEYS.search(key) and value not in (None, "", (), []):
            self.counts["secret"] += 1
            return BLANK.format(what="secret")
        if isinstance(value, Mapping):
            return {self.text(str(name)): self.value(one, str(name)) for name, one in value.items()}
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Sequence | set | frozenset):
            return [self.value(one) for one in value]
        if value is None or isinstance(value, bool | float):
            return value
        text = self.text(str(value))
        return value if isinstance(value, int) and text == str(value) else text

    def _blank(self, match: re.Match[str], what: str) -> str:
        before = match.groupdict().get("before") or ""
        if match[0] == before or match[0][len(before) :].startswith("‹"):
            return match[0]  # harmless, or blanked already
        self.counts[what] += 1
        after = "@" if what == "password in an address" else ""
        return f"{before}{BLANK.format(what=what)}{after}"
