"""Tells at once when the network of this machine changes: the kernel says so over rtnetlink (man 7 rtnetlink).

A cable that is plugged in, an address or a route that comes: the sender need not wait for its next question.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)
LINK, IPV4_ADDRESS, IPV4_ROUTE, IPV6_ADDRESS, IPV6_ROUTE = 0x1, 0x10, 0x40, 0x100, 0x400  # multicast groups
MESSAGES = 65536  # bytes; what they say does not matter
SETTLE_SECONDS = 0.3  # a cable brings a dozen messages: link, addresses, routes


class LinkWatch:
    """Calls `on_change` on its own thread, once for each burst of changes. Where the kernel has no rtnetlink, never."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._ears, self._mouth = socket.socketpair()  # a word into it ends the thread
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._mouth.close()
        if self._thread.is_alive():
            self._thread.join()
        self._ears.close()

    def _run(self) -> None:
        try:
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
                kernel.bind((0, LINK | IPV4_ADDRESS | IPV4_ROUTE | IPV6_ADDRESS | IPV6_ROUTE))
                while self._heard(kernel, None):
                    while self._heard(kernel, SETTLE_SECONDS):
                        pass
                    self._on_change()
        except OSError as error:  # the next question tells, a few seconds later
            log.warning("link: no news from the kernel: %s", error.strerror)

    def _heard(self, kernel: socket.socket, seconds: float | None) -> bool:
        """Wait so long for a message; False when none came, or when it is time to end."""
        ready, _, _ = select.select([kernel, self._ears], [], [], seconds)
        if kernel not in ready or self._ears in ready:
            return False
        try:
            kernel.recv(MESSAGES)
        except OSError as error:
            log.debug("link: %s", error.strerror)  # more than fitted: some are lost, that there were some is not
        return True
