"""Lays a card in Python on a virtual reader: plays it over TCP to vsmartcard-vpcd."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Protocol, Self

from devices.card_reader.chip.faults import CardPulled

POWER_OFF, POWER_ON, RESET, GET_ATR = 0, 1, 2, 4  # messages of one byte; longer ones are APDUs


class Card(Protocol):
    """What can be played."""

    @property
    def atr(self) -> bytes: ...

    def reset(self) -> None: ...

    def process(self, apdu: bytes) -> bytes: ...


class CardPlayer:
    """A card on the reader behind a port, from `with` until the end of the block, or until it is pulled."""

    def __init__(self, card: Card, port: int) -> None:
        self._card = card
        self._line = socket.create_connection(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._play, name="card", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.take()

    def take(self) -> None:
        """Take the card."""
        self._hang_up()
        self._thread.join()
        self._line.close()

    def _play(self) -> None:
        try:
            while message := self._message():
                answer = self._answer(message)
                if answer is not None:
                    self._line.sendall(len(answer).to_bytes(2, "big") + answer)
        except (CardPulled, OSError):  # the service may end before the card is taken
            pass
        self._hang_up()

    def _hang_up(self) -> None:
        with suppress(OSError):  # the reader was faster
            self._line.shutdown(socket.SHUT_RDWR)

    def _message(self) -> bytes:
        return self._octets(int.from_bytes(self._octets(2), "big"))

    def _octets(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            # vpcd writes length and message apart: a delayed acknowledgement would cost 40 ms each time
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            piece = self._line.recv(count - len(data))
            if not piece:
                return b""
            data += piece
        return data

    def _answer(self, message: bytes) -> bytes | None:
        if len(message) > 1:
            return self._card.process(message)
        if message[0] == GET_ATR:
            return self._card.atr
        if message[0] in (POWER_OFF, POWER_ON, RESET):
            self._card.reset()
        return None
