"""A card reader behind the PC/SC service (pcscd): the only file that knows pyscard.

Nothing is kept of a reader but its name: every question finds it afresh, with a new context when the service was
restarted meanwhile. Function names, states and return codes are those of PC/SC workgroup part 5 as pcsc-lite has them
in `winscard.h`.

Try one alone: `python -m devices.card_reader.pcsc --reader ACS test`.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from devices.errors import DeviceError, NeedsAttention, Unavailable
from devices.interfaces import CardConnection, CardReader, Condition, DeviceStatus
from devices.traffic import TAPS

NOTICE_SECONDS: Final = 1.0  # pcscd asks a reader for its card each 0.4 s, until then a card that is gone seems there
TRAFFIC: Final = TAPS["card_reader"]
MORE_BYTES, GET_RESPONSE, LOGICAL_CHANNEL = 0x61, 0xC0, 0x03
LONGEST_RESPONSE: Final = 65536  # bytes of response data (ISO/IEC 7816-4, 5.2)
SELECT_ID_CARD, SUCCESS = bytes.fromhex("00A4040C07A0000002471001"), 0x9000  # the eMRTD application (9303-10, 3.3.1)
CONTACT_SECONDS = 1.0  # until a card that is being laid has settled
SERVICE_SOCKET: Final = "/run/pcscd/pcscd.comm"  # another one by the environment (pcsclite(7))
NUMBERS: Final = re.compile(r"( \d\d){2}$")
COUNTER_SHIFT: Final = 16  # the upper half of an event state counts cards laid down and taken (SCardGetStatusChange)

# What a return code means; any other one of a call to a card depends on whether the card still lies there.
FAULTS: Final[dict[str, tuple[type[DeviceError], str]]] = {
    "SCARD_E_NO_SERVICE": (Unavailable, "pcsc_service_down"),
    "SCARD_E_SERVICE_STOPPED": (Unavailable, "pcsc_service_down"),
    "SCARD_E_INVALID_HANDLE": (Unavailable, "pcsc_service_down"),
    "SCARD_F_COMM_ERROR": (Unavailable, "pcsc_service_down"),
    "SCARD_P_SHUTDOWN": (Unavailable, "pcsc_service_down"),
    "SCARD_W_SECURITY_VIOLATION": (Unavailable, "reader_access"),
    "SCARD_E_UNKNOWN_READER": (Unavailable, "device_unplugged"),
    "SCARD_E_READER_UNAVAILABLE": (Unavailable, "device_unplugged"),
    "SCARD_E_SHARING_VIOLATION": (Unavailable, "reader_busy"),
    "SCARD_W_REMOVED_CARD": (NeedsAttention, "card_removed"),
    "SCARD_E_PROTO_MISMATCH": (NeedsAttention, "card_other_kind"),
    "SCARD_W_UNSUPPORTED_CARD": (NeedsAttention, "card_other_kind"),
}


class Settings(BaseModel):
    """Table `[devices.card_reader]` with `driver = "pcsc"`; `reader` is a part of its name, empty for the first one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    driver: Literal["pcsc"]
    reader: str = ""
    csca_dir: Path | None = None  # country certificates, for those who check what a chip says


class PcscCardReader:
    """One reader among those of the service."""

    def __init__(self, settings: Settings) -> None:
        self._wanted = settings.reader
        self._context: int | None = None
        self._name = ""  # of the reader, once it was there
        self._connected = False
        self._refused: Unavailable | None = None  # why the last card could not be used, though a reader is there

    @property
    def identity(self) -> Mapping[str, str]:
        """`model`: its name among those of the service, without the numbers that count readers and slots."""
        return {"model": NUMBERS.sub("", self._name)} if self._name else {}

    def open(self) -> None:
        """Find it. Raises `Unavailable`."""
        self.look()

    def close(self) -> None:
        """Let go of the service."""
        if self._context is not None:
            _scard().SCardReleaseContext(self._context)
            self._context = None

    def status(self) -> DeviceStatus:
        """Ready; offline because of the service, the reader, or another program; at fault while no card may be used.

        A card that lies there then is tried again: whoever has mended the rules need not start anything anew.
        """
        try:
            state = self.look()
            if self._refused is not None and self.lies_there(state):
                self._try_again()
        except DeviceError as error:
            self._refused = None  # what is there afterwards may be another reader, another service
            return DeviceStatus(Condition.OFFLINE, error.code, error.detail)
        scard = _scard()
        if state & (scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE) and not self._connected:
            return DeviceStatus(Condition.OFFLINE, "reader_busy", self._name)
        if self._refused is not None:
            return DeviceStatus(Condition.FAULT, self._refused.code, self._refused.detail)
        return DeviceStatus(Condition.READY)

    def card_present(self) -> bool:
        """Whether a card lies on it. Raises `Unavailable`."""
        return self.lies_there(self.look())

    def connect(self) -> CardConnection:
        """A line to the card, for nobody else. Raises `Unavailable`, `NeedsAttention` with `no_card` and as `fault`.

        Contactless cards all speak T=1 here (PC/SC part 3, 3.1.3.2.3); on their contacts they may speak T=0.
        """
        state = self.look()
        if not self.lies_there(state):
            raise NeedsAttention("no_card")
        scard = _scard()
        result, answer = self._ask(scard.SCardConnect, self._name, scard.SCARD_SHARE_EXCLUSIVE, _protocols())
        if result != scard.SCARD_S_SUCCESS:
            error = self.fault(result, state)
            # one that is busy tells so by its state
            refused = isinstance(error, Unavailable) and error.code != "reader_busy"
            self._refused = Unavailable(error.code, error.detail) if refused else None
            raise error
        self._connected, self._refused = True, None
        return PcscConnection(self, answer[0], answer[1], state)

    def _try_again(self) -> None:
        with suppress(NeedsAttention, Unavailable), self.connect():
            pass

    def disconnected(self) -> None:
        """The line was closed."""
        self._connected = False

    def lies_there(self, state: int) -> bool:
        """Whether an event state tells of a card."""
        return bool(state & _scard().SCARD_STATE_PRESENT)

    def look(self) -> int:
        """The event state of the reader. Raises `Unavailable` when there is no service or no such reader."""
        scard = _scard()
        result, answer = self._ask(scard.SCardListReaders, [])
        if result not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_NO_READERS_AVAILABLE):
            raise _known(result) or Unavailable("reader_failed", _told(result))
        before, self._name = self._name, self._choose(answer[0] if answer else [])
        if self._name != before:
            self._refused = None
        return self._state(scard.SCARD_STATE_UNAWARE, 0.0)

    def fault(self, result: int, before: int) -> DeviceError:
        """The error for a return code about the card whose event state was `before`; waits until it is sure.

        Raises `Unavailable` when it is the reader that is gone.
        """
        state = self.look()
        if error := _known(result):
            return error
        end = time.monotonic() + NOTICE_SECONDS
        while self.same_card(before, state) and (left := end - time.monotonic()) > 0:
            self._state(state, left)
            state = self.look()
        code = "card_unreadable" if self.same_card(before, state) else "card_removed"
        return NeedsAttention(code, _told(result) if result else "no answer")

    def same_card(self, before: int, state: int) -> bool:
        """Whether no card was laid down or taken between two event states."""
        return self.lies_there(state) and before >> COUNTER_SHIFT == state >> COUNTER_SHIFT

    def _choose(self, names: Sequence[str]) -> str:
        """The reader to use: the one that was used before while it is there. Raises `Unavailable`."""
        fitting = [name for name in names if self._wanted in name]
        if self._name in fitting:
            return self._name
        if fitting:
            return fitting[0]
        raise Unavailable("device_unplugged" if self._name else "reader_not_found", self._wanted)

    def _state(self, known: int, seconds: float) -> int:
        """The event state, as soon as it is not `known` or the time is over. Raises `Unavailable`."""
        scard = _scard()
        result, answer = self._ask(scard.SCardGetStatusChange, int(seconds * 1000), [(self._name, known)])
        if result == scard.SCARD_E_TIMEOUT:
            return known
        if result != scard.SCARD_S_SUCCESS:
            raise _known(result) or Unavailable("reader_failed", _told(result))
        state = int(answer[0][0][1])
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            raise Unavailable("device_unplugged", self._name)
        return state

    def _ask(self, call: Callable[..., Any], *values: Any) -> tuple[int, list[Any]]:
        """Return code and values of a call to the service, in a fresh context when the old one is dead."""
        result = 0
        for _ in range(2):
            if self._context is None:
                self._context = _establish()
            result, *answer = call(self._context, *values)
            error = _known(result)
            if error is None or error.code != "pcsc_service_down":
                return result, answer
            self.close()
        raise Unavailable("pcsc_service_down", _told(result))


class PcscConnection:
    """The line to one card."""

    def __init__(self, reader: PcscCardReader, handle: int, protocol: int, state: int) -> None:
        self._reader, self._handle, self._state = reader, handle, state
        scard = _scard()
        self._header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """Response data and status word. Raises `NeedsAttention` (`card_removed`, `card_unreadable`), `Unavailable`.

        What a card keeps back for GET RESPONSE (`61xx`, ISO/IEC 7816-4, 5.3.4) is fetched here.
        """
        data, status = self._exchange(apdu)
        while status >> 8 == MORE_BYTES and len(data) < LONGEST_RESPONSE:
            more, status = self._exchange(bytes((apdu[0] & LOGICAL_CHANNEL, GET_RESPONSE, 0, 0, status & 0xFF)))
            data += more
        return data, status

    def _exchange(self, apdu: bytes) -> tuple[bytes, int]:
        scard = _scard()
        result, response = scard.SCardTransmit(self._handle, self._header, list(apdu))
        if result != scard.SCARD_S_SUCCESS or len(response) < 2:  # some drivers call it success, without an answer
            raise self._reader.fault(result, self._state)
        data, status = bytes(response[:-2]), int.from_bytes(response[-2:], "big")
        if TRAFFIC.on:
            TRAFFIC.exchange(apdu, data, status)
        return data, status

    def reset(self) -> None:
        """Reset the card. Raises as `transmit`."""
        if not self._reader.same_card(self._state, self._reader.look()):
            raise NeedsAttention("card_removed")  # else the service would go on with the card that lies there now
        scard = _scard()
        how = scard.SCARD_SHARE_EXCLUSIVE, _protocols(), scard.SCARD_RESET_CARD
        result, _ = scard.SCardReconnect(self._handle, *how)
        if result != scard.SCARD_S_SUCCESS:
            raise self._reader.fault(result, self._state)

    @property
    def atr(self) -> bytes:
        """Answer to reset (PC/SC part 3, 3.1.3.2.3.1). Raises as `transmit`."""
        result, *_, atr = _scard().SCardStatus(self._handle)
        if result != _scard().SCARD_S_SUCCESS:
            raise self._reader.fault(result, self._state)
        return bytes(atr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Reset the card, so that no session survives; it may be gone, and so may the service."""
        scard = _scard()
        scard.SCardDisconnect(self._handle, scard.SCARD_RESET_CARD)
        self._reader.disconnected()


@cache
def _scard() -> Any:
    """The library, loaded when a reader is used for the first time."""
    from smartcard import scard

    return scard


def _protocols() -> int:
    scard = _scard()
    return int(scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1)


@cache
def _codes() -> dict[int, tuple[type[DeviceError], str]]:
    return {getattr(_scard(), name): fault for name, fault in FAULTS.items()}


def _known(result: int) -> DeviceError | None:
    kind, code = _codes().get(result, (None, ""))
    return kind(code, _told(result)) if kind else None


def _told(result: int) -> str:
    return f"{result:08X} {_scard().SCardGetErrorMessage(result)}"


def _establish() -> int:
    """A new context. Raises `Unavailable`: libpcsclite tells a service that refuses as one that is gone."""
    scard = _scard()
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if result != scard.SCARD_S_SUCCESS and _listens():
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)  # it may only just have started
        if result != scard.SCARD_S_SUCCESS:
            raise Unavailable("reader_access", _told(result))
    if result != scard.SCARD_S_SUCCESS:
        raise _known(result) or Unavailable("pcsc_service_down", _told(result))
    return int(context)


def _listens() -> bool:
    """Whether the service is there, also for those who have no right to its socket."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(NOTICE_SECONDS)
            line.connect(os.environ.get("PCSCLITE_CSOCK_NAME") or SERVICE_SOCKET)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True


def create(settings: Settings) -> CardReader:
    """The reader of a table."""
    return PcscCardReader(settings)


def _try_card(reader: CardReader, last: bool) -> bool:
    """Whether the card answers to a reset and to a command; nothing of it is read.

    One that is only just being laid may not answer yet: what it fails by is raised (`DeviceError`) at the `last` try.
    """
    try:
        with reader.connect() as line:
            _, status = line.transmit(SELECT_ID_CARD)
            kind = "an ID card" if status == SUCCESS else f"another card, status {status:04X}"
            print(f"answers: {kind}, answer to reset of {len(line.atr)} bytes", flush=True)
    except DeviceError:
        if last:
            raise
        return False
    return True


def main() -> None:
    """Print the state of the reader and whether a card lies there, at each change, until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m devices.card_reader.pcsc", description=main.__doc__)
    parser.add_argument("test", nargs="?", choices=["test"], help="wait for a card that answers; exit 0 when it does")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the test waits")
    parser.add_argument("--reader", default="", help="a part of its name")
    options = parser.parse_args()
    reader = create(Settings(driver="pcsc", reader=options.reader))
    end, last = time.monotonic() + options.seconds, ""
    try:
        while not options.test or time.monotonic() < end:
            status = reader.status()
            there = not status.code and reader.card_present()
            now = status.code or ("card" if there else "no card")
            if now != last:
                print(now, flush=True)
            if options.test and there and _try_card(reader, last=time.monotonic() + CONTACT_SECONDS > end):
                return
            last = now
            time.sleep(0.2)
        raise SystemExit(f"no card within {options.seconds:g} s")
    except DeviceError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        pass
    finally:
        reader.close()


if __name__ == "__main__":
    main()
