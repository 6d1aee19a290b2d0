"""What of the reader takes bytes from outside, each with valid inputs made by the simulated chip."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from asn1crypto import crl, pem, x509

from devices.card_reader.chip import files
from devices.card_reader.chip.authentication import active_authentication, chip_authentication, dg14, dg15
from devices.card_reader.chip.authority import Authority
from devices.card_reader.chip.messaging import Channel as ChipSide
from devices.card_reader.chip.profile import Person, Profile
from devices.card_reader.emrtd import capabilities, data_groups, security_infos, tlv
from devices.card_reader.emrtd import chip_authentication as clone_check
from devices.card_reader.emrtd.access import AccessKey
from devices.card_reader.emrtd.channel import DG2, Channel, File
from devices.card_reader.emrtd.ciphers import AES128, AUTHENTICATION, DES3, Suite, pad
from devices.card_reader.emrtd.public_keys import parse_public_key
from devices.card_reader.emrtd.reader import read_chip
from devices.card_reader.emrtd.secure_messaging import SecureMessaging
from devices.card_reader.emrtd.trust import TrustStore
from devices.errors import NeedsAttention
from tests.unit.emrtd_examples import G1_IC, G1_IC_MAP, G1_IC_TOKEN, G1_KEY, G1_SEALED_NONCE

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECRET = bytes(16)
HEAD = 3000  # bytes of a portrait that are enough


@dataclass(frozen=True)
class Target:
    """`take` may raise `DeviceError` only; `share`: inputs of this target in each round."""

    name: str
    share: int
    seeds: tuple[bytes, ...] = field(repr=False)
    take: Callable[[bytes], object] = field(repr=False)


class HostileCard:
    """A connection whose answers are pieces of the input, each behind two bytes that tell its length; then no more."""

    def __init__(self, data: bytes, status: int = 0x9000) -> None:
        self._data, self._status = data, status
        self.asked = 0

    atr = b""

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """The next piece. Raises `NeedsAttention` behind the last one."""
        self.asked += 1
        if not self._data:
            raise NeedsAttention("card_removed")
        size = int.from_bytes(self._data[:2], "big")
        piece, self._data = self._data[2 : 2 + size], self._data[2 + size :]
        return piece, self._status

    def reset(self) -> None:
        """Goes on where it was."""

    def __enter__(self) -> HostileCard:
        return self

    def __exit__(self, *exc: object) -> None: ...


def answers(*pieces: bytes) -> bytes:
    """An input for `HostileCard`."""
    return b"".join(len(piece).to_bytes(2, "big") + piece for piece in pieces)


# -- what takes the bytes --------------------------------------------------------------------------------------------
def _objects(data: bytes) -> None:
    for found in tlv.objects(data):
        tlv.header(found.value) if found.value else None


def _dg14(data: bytes) -> None:
    clone_check.pick(security_infos.parse(data_groups.parse_dg14(data)))


def _dg15(data: bytes) -> None:
    key = parse_public_key(data_groups.parse_dg15(data))
    clone_check.authenticate_actively(Channel(HostileCard(answers(bytes(64)))), key)


def _signed_challenge(data: bytes) -> None:
    for profile in (Profile(active_authentication="rsa"), Profile(active_authentication="ecdsa")):
        key = parse_public_key(data_groups.parse_dg15(_dg15_of(profile)))
        clone_check.authenticate_actively(Channel(HostileCard(answers(data))), key)


def _file(data: bytes) -> None:
    """The file is claimed to be what the input says; the card gives what there is, in small blocks."""
    card = HostileCard(answers(*(data[at : at + 64] for at in range(0, len(data), 64))))
    reading = Channel(card).read(File("any", DG2.short_id, DG2.file_id, 0))
    for done, total in reading:
        assert done <= total
    assert card.asked <= len(data) // 64 + 2


def _pace(data: bytes) -> None:
    for _ in read_chip(HostileCard(data), AccessKey("123456", G1_KEY), TrustStore()):
        pass


def _answer(suite: Suite, right_mac: bool) -> Callable[[bytes], object]:
    """A protected answer as it comes, or its objects under a MAC that is right, so that they are looked at."""

    def take(data: bytes) -> None:
        if right_mac:
            covered = (1).to_bytes(suite.block, "big") + data
            key = suite.derive(SECRET, AUTHENTICATION)
            data += tlv.encode(0x8E, suite.mac(key, covered if suite is DES3 else pad(covered, suite.block)))
        SecureMessaging.from_secret(suite, SECRET).unprotect(data)

    return take


def _sod(data: bytes) -> None:
    store().check(data, _groups(), NOW)


class _Folder:
    """A folder with one certificate file, read and then used: nothing may come out of it, whatever lies there."""

    def __init__(self, name: str, beside: bool = False) -> None:
        self._held = tempfile.TemporaryDirectory(prefix="fuzz-")
        self._path = Path(self._held.name) / name
        if beside:
            (self._path.parent / "csca.der").write_bytes(Authority.create().csca_certificate)

    def __call__(self, data: bytes) -> None:
        self._path.write_bytes(data)
        found = TrustStore.load(self._path.parent)
        assert not set(found.problems) - {self._path.name}
        found.check(_sods()[0], _groups(), NOW)


# -- valid inputs ----------------------------------------------------------------------------------------------------
@cache
def store() -> TrustStore:
    """The authority that signed the seeds."""
    made = Authority.create()
    return TrustStore(
        (x509.Certificate.load(made.csca_certificate),), (crl.CertificateList.load(made.revocation_list),)
    )


@cache
def _groups() -> dict[int, bytes]:
    return {1: files.dg1(Person()), 13: files.dg13(Person(), Profile())}


@cache
def _sods() -> tuple[bytes, ...]:
    return tuple(
        authority.sign_sod(_groups()) for authority in (Authority.create(), Authority.create("rsa-pss"), _named_curve())
    )


def _named_curve() -> Authority:
    return Authority.create(curve=12, explicit_parameters=False)


@cache
def _dg15_of(profile: Profile) -> bytes:
    made = active_authentication(profile, copied=False)
    assert made
    return dg15(made)


def _dg14s() -> Iterable[bytes]:
    for profile in (
        Profile(),
        Profile(explicit_parameters=False, chip_authentication=(18, DES3), key_identifier=3),
        Profile(active_authentication="ecdsa"),
    ):
        yield dg14(profile, chip_authentication(profile, copied=False))


def _certificates() -> tuple[bytes, ...]:
    made = (Authority.create(), Authority.create("rsa-pkcs1"), _named_curve())
    return tuple(each.csca_certificate for each in made)


def _pace_answers() -> bytes:
    point = [bytes.fromhex(f"7C43{tag}4104{value}") for tag, value in (("82", G1_IC_MAP), ("84", G1_IC))]
    nonce, token = bytes.fromhex("7C128010" + G1_SEALED_NONCE), bytes.fromhex("7C0A8608" + G1_IC_TOKEN)
    return answers(files.card_access(Profile()), b"", nonce, *point, token, b"")


def _sealed(suite: Suite) -> tuple[bytes, ...]:
    """Protected answers, the first of a session each: data, none, those of an odd instruction code."""
    said = ((bytes(20), 0x9000, False), (b"", 0x6A82, False), (tlv.encode(0x53, bytes(9)), 0x6282, True))
    return tuple(ChipSide(suite, SECRET).seal(*answer)[:-2] for answer in said)


def _small() -> tuple[Target, ...]:
    """What is read in microseconds."""
    person = Person()
    portraits = (files.SAMPLE_PORTRAIT, files.SAMPLE_PORTRAIT.with_suffix(".jp2"))
    dg2 = tuple(files.dg2(path.read_bytes())[:HEAD] for path in portraits)
    short = bytes.fromhex("FFD8FFE000104A464946")
    face = files.dg2(files.sample_portrait()).split(b"FAC\0", 1)[1][:46]
    record = b"FAC\0" + face[:4] + (46 + 4 + 10).to_bytes(4, "big") + face[8:10] + (56 - 10).to_bytes(4, "big")
    record += face[14:46] + short
    tiny = tlv.encode(0x75, tlv.encode(0x7F61, b"\x02\x01\x01" + tlv.encode(0x7F60, tlv.encode(0x5F2E, record))))
    dg13 = tuple(files.dg13(person, Profile(parents_in_one=one)) for one in (False, True))
    atr_info = files.master(Profile(extended_length=True))[files.ATR_INFO]
    everything = (*dg2, tiny, *dg13, files.dg1(person), *_dg14s(), *_sods())
    return (
        Target("tlv", 6, everything, _objects),
        Target("card_access", 8, (files.card_access(Profile()),), security_infos.parse),
        Target("dg1", 6, (files.dg1(person),), data_groups.parse_dg1),
        Target("dg2", 6, (tiny, tiny, *dg2), data_groups.parse_dg2),
        Target("dg13", 10, dg13, data_groups.parse_dg13),
        Target("dg14", 10, tuple(_dg14s()), _dg14),
        Target("com", 4, (files.com({1: b"", 2: b"", 13: b""}),), data_groups.parse_com),
        Target("atr", 3, (bytes.fromhex("3B878001803180739421C0B4"),), capabilities.software_functions),
        Target("atr_info", 3, (atr_info,), capabilities.response_limit),
        Target("file", 4, (*dg13, tiny), _file),
    )


@cache
def targets() -> tuple[Target, ...]:
    """All of them; made once, keys of the authorities are new in each process."""
    aes, des = _sealed(AES128), _sealed(DES3)
    rsa, ec = Profile(active_authentication="rsa"), Profile(active_authentication="ecdsa")
    made = Authority.create()
    return (
        *_small(),
        Target("dg15", 2, (_dg15_of(rsa), _dg15_of(ec)), _dg15),
        Target("signed_challenge", 1, (bytes(192), bytes(64), bytes.fromhex("3006020101020101")), _signed_challenge),
        Target("answer", 10, des, _answer(DES3, False)),
        Target("answer_right_mac_aes", 8, tuple(answer[:-10] for answer in aes), _answer(AES128, True)),
        Target("answer_right_mac_3des", 5, tuple(answer[:-10] for answer in des), _answer(DES3, True)),
        Target("pace", 1, (_pace_answers(),), _pace),
        Target("sod", 3, _sods(), _sod),
        Target("csca_der", 2, _certificates(), _Folder("csca.cer")),
        Target("csca_pem", 1, tuple(pem.armor("CERTIFICATE", each) for each in _certificates()), _Folder("csca.pem")),
        Target("master_list", 2, (made.master_list,), _Folder("countries.ml")),
        Target("revocation_list", 2, (made.revocation_list,), _Folder("csca.crl", beside=True)),
    )
