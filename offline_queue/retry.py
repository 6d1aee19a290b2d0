"""When to try again."""

from __future__ import annotations

import email.utils
import random
from datetime import UTC, datetime

BASE_SECONDS = 2.0
CAP_SECONDS = 600.0
LONGEST_RETRY_AFTER = 3600.0  # no answer of a server, meant or not, silences a kiosk for longer


def delay(attempts: int, rng: random.Random, base: float = BASE_SECONDS, cap: float = CAP_SECONDS) -> float:
    """Seconds before the next attempt after `attempts` (≥ 1) failed: exponential, with full jitter and a cap.

    Full jitter spreads kiosks that lost the same line evenly over the whole interval, so that they do not come back in
    step (M. Brooker, "Exponential Backoff and Jitter", AWS 2015).
    """
    # the exponent is bounded, so that a very old entry does not overflow a float
    return rng.uniform(0, min(cap, base * 2.0 ** min(attempts - 1, 30)))


def retry_after(value: str | None, now: datetime, default: float = 30.0) -> float:
    """Seconds from a `Retry-After` header (RFC 9110, section 10.2.3): a number or an HTTP date; 0 to one hour."""
    text = (value or "").strip()
    if not text:
        return default
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return default
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
