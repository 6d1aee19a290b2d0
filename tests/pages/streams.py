"""A reader of server-sent events, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import requests

PATIENCE = 20.0


class Stream:
    """One open stream; `next` gives its events as they come."""

    def __init__(self, url: str, cookies: Mapping[str, str] = {}) -> None:
        self.answer = requests.get(url, stream=True, timeout=PATIENCE, cookies=dict(cookies))
        self._lines: Iterator[str] = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answer.close()

    def next(self) -> tuple[str, dict[str, Any]]:
        """Name and data of the next event. Raises `StopIteration` at the end of the stream."""
        name = ""
        while True:
            line = next(self._lines)
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))

    def html(self) -> str:
        """What is shown next; beats say nothing new."""
        while True:
            name, data = self.next()
            if name == "hall":
                return str(data["html"])
