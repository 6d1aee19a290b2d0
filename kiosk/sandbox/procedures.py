"""The catalogue that the embedded province publishes: how far the commune's commonest procedures go on line here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NATIONAL = Path(__file__).parents[2] / "assets" / "catalogue" / "national.json"
FIELDS = ("Hộ tịch", "Chứng thực", "Đăng ký, quản lý cư trú")


def published() -> Mapping[str, Any]:
    """What `GET /v1/procedures` answers; the levels are invented, as everything of this province."""
    entries = json.loads(NATIONAL.read_bytes())["procedures"]
    return {"procedures": [{**entry, "level": _level(entry)} for entry in entries if entry["field"] in FIELDS]}


def _level(entry: Mapping[str, Any]) -> str:
    ways = {channel["way"] for channel in entry.get("channels", ())}
    if "online" not in ways:
        return "none"
    return "full" if "counter" in ways else "partial"
