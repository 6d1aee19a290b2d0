"""The PC/SC driver against a real service with two virtual readers; run by `test_pcsc.py` in a namespace of its own."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from asn1crypto import crl, x509

from devices import registry
from devices.card_reader.chip.authority import Authority
from devices.card_reader.chip.card import ChipCard, make_card
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import Person, Profile
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.reader import ChipData, read_chip
from devices.card_reader.emrtd.trust import CloneCheck, Trust, TrustStore
from devices.card_reader.pcsc import PcscCardReader
from devices.errors import DeviceError, NeedsAttention, Unavailable
from devices.interfaces import Condition
from tests.contract.card_player import Card, CardPlayer

ROOT = Path(__file__).parent.parent.parent
DRIVER = ROOT / ".venv/vpcd/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
FIRST, SECOND = 35963, 35964  # ports of the two slots of vpcd
PATIENCE = 20.0
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # netdevice(7)


@dataclass(frozen=True)
class ContactCard:
    """A card that knows no command; by default it speaks T=1."""

    atr: bytes = bytes.fromhex("3B80800101")

    def reset(self) -> None:
        """It has no state."""

    def process(self, apdu: bytes) -> bytes:
        """Instruction not supported."""
        return b"\x6d\x00"


class Service:
    """pcscd and the readers it is told of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, readers: bool = True) -> None:
        """Start it, and wait until it listens and its readers are there."""
        config = f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{FIRST:#x}\nLIBPATH {DRIVER}\nCHANNELID {FIRST:#x}\n'
        (self._folder / "vpcd").write_text(config if readers else "")
        self._process = subprocess.Popen(
            ["/usr/sbin/pcscd", "--foreground", "--config", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PCSCLITE_HP_DROPDIR": str(self._folder)},  # none of the real readers of this machine
        )
        eventually(Path("/run/pcscd/pcscd.comm").exists)

    def kill(self) -> None:
        """As a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


def eventually(true: Callable[[], bool]) -> None:
    """Wait until it is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def fault(call: Callable[[], object]) -> tuple[type[DeviceError], str]:
    """Kind and code of the error of a call."""
    with pytest.raises(DeviceError) as caught:
        call()
    return type(caught.value), caught.value.code


def read(reader: PcscCardReader) -> ChipData:
    """The whole chip of the synthetic citizen."""
    authority = Authority.create(Profile().signature, Profile().digest)
    store = TrustStore(
        (x509.Certificate.load(authority.csca_certificate),),
        (crl.CertificateList.load(authority.revocation_list),),
    )
    with reader.connect() as line:
        events = list(read_chip(line, AccessKey.from_id_number(Person().number), store))
    (data,) = (event for event in events if isinstance(event, ChipData))
    return data


@pytest.fixture(scope="session", autouse=True)
def _own_machine() -> None:
    """This namespace has nothing yet: loopback up, an empty /run."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, SIOCGIFFLAGS, name))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    made.start()
    yield made
    made.kill()


def new_reader(name: str = "") -> PcscCardReader:
    table = {"driver": "pcsc", "reader": name}
    assert registry.check("card_reader", table) == []
    made = registry.create("card_reader", table)
    assert isinstance(made, PcscCardReader)
    return made


@pytest.fixture
def reader(service: Service) -> Iterator[PcscCardReader]:
    made = new_reader()
    eventually(lambda: made.status().condition is Condition.READY)
    yield made
    made.close()


@contextmanager
def laid(reader: PcscCardReader, card: Card, port: int = FIRST) -> Iterator[CardPlayer]:
    """A card on the reader, which has seen it; taken at the end."""
    with CardPlayer(card, port) as player:
        eventually(reader.card_present)
        yield player


def test_reads_a_whole_chip(reader: PcscCardReader) -> None:
    assert not reader.card_present()
    assert fault(reader.connect) == (NeedsAttention, "no_card")
    with laid(reader, make_card()):
        data = read(reader)
    assert (data.verdict.trust, data.clone_check) == (Trust.TRUSTED, CloneCheck.GENUINE)
