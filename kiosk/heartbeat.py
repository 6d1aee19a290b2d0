"""What the province hears of this kiosk once a minute: how its machines are, nothing of any citizen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kiosk import __version__
from kiosk.config import Config
from kiosk.state import AppState


def report(config: Config, state: AppState) -> Mapping[str, Any]:
    """The body of `/v1/kiosks/{kiosk}/heartbeat` but for the queue, which the sender adds.

    Condition and code of each device; `paper` is the printer's code when it is about paper, "" when there is enough.
    """
    devices = {
        kind: {"condition": status.condition.value, "code": status.code} for kind, status in state.devices.items()
    }
    return {
        "kiosk": config.site.kiosk_id,
        "agency_code": config.site.agency_code,
        "version": __version__,
        "devices": devices,
        "paper": state.paper_alert if state.paper_alert.startswith("paper_") else "",
        "in_service": not state.trouble,
    }
