"""Passive authentication of the reader: algorithms, folders of certificates, dates, revocation, files that lie."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from hashlib import sha256
from itertools import product
from pathlib import Path

import ecdsa
import pytest
from asn1crypto import crl, pem

from devices.card_reader.chip import files
from devices.card_reader.chip.authority import (
    CSCA_NAME,
    CSCA_SERIAL,
    CSCA_YEARS,
    MASTER_LIST,
    SIGNER_YEARS,
    Authority,
    certificate,
)
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import Digest, Profile, Signature
from devices.card_reader.chip.signing import EcdsaSigner
from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.results import CloneCheck, Trust, Verdict
from devices.card_reader.emrtd.trust import LARGEST_FILE, TrustStore
from tests.unit import emrtd_cards
from tests.unit.emrtd_cards import NOW, WHOLE, card_of, read, store

SIGNATURES: tuple[Signature, ...] = ("rsa-pkcs1", "rsa-pss", "ecdsa")
DIGESTS: tuple[Digest, ...] = ("sha1", "sha224", "sha256", "sha384", "sha512")
GROUPS = {1: b"\x61\x00", 13: b"\x6d\x00"}
TRUSTED = Verdict(Trust.TRUSTED)
UNKNOWN = Verdict(Trust.UNTRUSTED_SIGNER, "signer_unknown")


@pytest.mark.parametrize(("signature", "digest"), list(product(SIGNATURES, DIGESTS)))
def test_every_signature_with_every_hash(signature: Signature, digest: Digest) -> None:
    profile = Profile(signature=signature, digest=digest, group_digest=digest)
    assert read(profile).outcome == WHOLE
    assert read(profile, faults=Faults(forged_sod=True)).outcome[:2] == (Trust.FAILED, "signature_wrong")
    assert read(profile, faults=Faults(unknown_signer=True)).outcome[:2] == (Trust.UNTRUSTED_SIGNER, "signer_unknown")
    assert read(profile, faults=Faults(exchanged_dg=True)).outcome[:2] == (Trust.FAILED, "hash_differs")


@pytest.mark.parametrize(("curve", "explicit"), list(product((8, 12, 13, 14, 17, 18), (True, False))))
def test_signers_on_several_curves(curve: int, explicit: bool) -> None:
    made = Authority.create("ecdsa", "sha512", curve, explicit)
    assert store(made).check(made.sign_sod(GROUPS), GROUPS, NOW) == TRUSTED
    assert store(made).check(made.sign_sod(GROUPS, faults=Faults(forged_sod=True)), GROUPS, NOW).trust is Trust.FAILED


def judged(trust: TrustStore, faults: Faults | None = None, now: datetime = NOW) -> Verdict:
    """What this store says of a security object of the usual authority."""
    return trust.check(Authority.create().sign_sod(GROUPS, faults=faults), GROUPS, now)


# -- what was signed, and what was read ------------------------------------------------------------------------------
def test_every_group_that_was_read_must_be_the_signed_one() -> None:
    sod = Authority.create().sign_sod({number: bytes((number,)) for number in (1, 2, 13, 14, 15)})
    for number in (1, 2, 13, 14, 15):
        assert store().check(sod, {number: bytes((number,))}, NOW) == TRUSTED
        assert store().check(sod, {number: b"other"}, NOW) == Verdict(Trust.FAILED, "hash_differs")
    assert store().check(sod, {3: b"not signed at all"}, NOW) == Verdict(Trust.FAILED, "hash_differs")


def test_hashes_cannot_be_exchanged_in_a_security_object() -> None:
    """The list is that of forged groups, then its hash in the signed attributes too: nobody signed them."""
    sod = Authority.create().sign_sod(GROUPS)
    forged = GROUPS | {1: b"\x61\x01x"}
    genuine_hash, forged_hash = (sha256(groups[1]).digest() for groups in (GROUPS, forged))
    at = sod.index(b"\x30\x25\x02\x01\x01\x04\x20" + genuine_hash)
    listed = sod[at - 24 : at + 2 * 39]
    start = next(n for n in range(24) if tlv_fits(listed[n:]))
    listed = listed[start:]
    changed = listed.replace(genuine_hash, forged_hash)
    with_list = sod.replace(listed, changed)
    with_both = with_list.replace(sha256(listed).digest(), sha256(changed).digest())
    assert len({sod, with_list, with_both}) == 3
    assert store().check(sod, GROUPS, NOW) == TRUSTED
    for made in (with_list, with_both):
        assert store().check(made, forged, NOW) == Verdict(Trust.FAILED, "signature_wrong")


def tlv_fits(data: bytes) -> bool:
    """Whether this is one SEQUENCE from here to the end that begins with version 0."""
    return data[0] == 0x30 and data[1] == len(data) - 2 and data[2:5] == b"\x02\x01\x00"


def test_no_security_object_and_nonsense() -> None:
    assert store().check(None, GROUPS, NOW) == Verdict(Trust.NOT_CHECKED, "no_security_object")
    for nonsense in (b"", b"\x77\x00", b"\x77\x02\x30\x00", os.urandom(100)):
        assert store().check(nonsense, GROUPS, NOW) == Verdict(Trust.FAILED, "security_object_malformed")


def test_a_dg14_that_is_not_in_the_signed_list_is_not_trusted() -> None:
    """A forger puts DG14 with a key of his own beside genuine data: the clone check alone would be passed."""
    kept: dict[int, bytes] = {}

    def take(groups: dict[int, bytes]) -> None:
        kept[14] = groups.pop(14)

    reading = read(card=card_of(Profile(), signed=take, shown=lambda groups: groups.update(kept)))
    assert reading.outcome == (Trust.FAILED, "hash_differs", CloneCheck.GENUINE)


def test_a_dg14_under_the_hash_of_another_one_is_not_trusted() -> None:
    kept: dict[int, bytes] = {}

    def exchange(groups: dict[int, bytes]) -> None:
        kept[14], groups[14] = groups[14], b"\x6e\x00"

    reading = read(card=card_of(Profile(), signed=exchange, shown=lambda groups: groups.update(kept)))
    assert reading.outcome == (Trust.FAILED, "hash_differs", CloneCheck.GENUINE)


# -- dates -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (datetime(SIGNER_YEARS[0] - 1, 12, 31, tzinfo=UTC), Verdict(Trust.UNTRUSTED_SIGNER, "signer_expired")),
        (datetime(SIGNER_YEARS[0], 1, 1, tzinfo=UTC), TRUSTED),
        (datetime(SIGNER_YEARS[1], 1, 1, tzinfo=UTC), TRUSTED),
        (datetime(SIGNER_YEARS[1], 1, 1, 0, 0, 1, tzinfo=UTC), Verdict(Trust.UNTRUSTED_SIGNER, "signer_expired")),
    ],
)
def test_a_signer_is_trusted_from_its_first_to_its_last_second(now: datetime, verdict: Verdict) -> None:
    assert judged(store(), now=now) == verdict


class PassingAuthority(Authority):
    """Its own certificate ends before those that it has issued."""

    def __init__(self) -> None:
        super().__init__("ecdsa", "sha256", 12, explicit_parameters=False)
        self.csca_certificate = certificate(CSCA_SERIAL, CSCA_NAME, (2008, 2024), self._csca, self._csca)


def test_an_authority_that_has_ended() -> None:
    made = PassingAuthority()
    sod = made.sign_sod(GROUPS)
    assert store(made).check(sod, GROUPS, NOW) == Verdict(Trust.UNTRUSTED_SIGNER, "authority_expired")
    assert store(made).check(sod, GROUPS, datetime(2023, 6, 1, tzinfo=UTC)) == TRUSTED


def test_revocation() -> None:
    revoked = Faults(revoked_signer=True)
    assert judged(store(), revoked) == Verdict(Trust.UNTRUSTED_SIGNER, "signer_revoked")
    assert judged(store(revoked=False), revoked) == TRUSTED
    assert judged(store()) == TRUSTED


def test_a_revocation_list_of_somebody_else_is_not_believed() -> None:
    """The same name, another key: else anybody could take a signer out of service."""
    other = Authority("ecdsa", "sha256", 12, explicit_parameters=False)
    forged = crl.CertificateList.load(other.revocation_list)
    assert judged(TrustStore(store().authorities, (forged,)), Faults(revoked_signer=True)) == TRUSTED


# -- folders ---------------------------------------------------------------------------------------------------------
def names(folder: Path, **content: bytes) -> TrustStore:
    """A store from a folder with these files; `__` stands for the point."""
    for name, data in content.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return TrustStore.load(folder)


DER = Authority.create().csca_certificate
PEM = pem.armor("CERTIFICATE", DER)
OTHER = Authority("ecdsa", "sha256", 12, explicit_parameters=False)


@pytest.mark.parametrize(
    "content",
    [
        {"a__cer": DER},
        {"a__crt": PEM},
        {"a__der": DER},
        {"a__PEM": pem.armor("CERTIFICATE", OTHER.csca_certificate) + PEM},
        {"a__ml": Authority.create().master_list},
        {"a__cer": OTHER.csca_certificate, "b__der": DER, "readme__txt": b"not a certificate"},
    ],
)
def test_a_folder_in_each_form(tmp_path: Path, content: dict[str, bytes]) -> None:
    loaded = names(tmp_path, **content)
    assert loaded.problems == ()
    assert judged(loaded) == TRUSTED
    assert judged(loaded, Faults(unknown_signer=True)) == UNKNOWN


@pytest.mark.parametrize("as_pem", [True, False])
def test_a_revocation_list_in_the_folder(tmp_path: Path, as_pem: bool) -> None:
    listed = Authority.create().revocation_list
    loaded = names(tmp_path, a__cer=DER, a__crl=pem.armor("X509 CRL", listed) if as_pem else listed)
    assert loaded.problems == ()
    assert judged(loaded, Faults(revoked_signer=True)) == Verdict(Trust.UNTRUSTED_SIGNER, "signer_revoked")


def test_several_revocation_lists_in_one_file(tmp_path: Path) -> None:
    listed = [pem.armor("X509 CRL", each.revocation_list) for each in (OTHER, Authority.create())]
    loaded = names(tmp_path, a__cer=DER, a__crl=b"".join(listed))
    assert judged(loaded, Faults(revoked_signer=True)) == Verdict(Trust.UNTRUSTED_SIGNER, "signer_revoked")


def test_an_empty_folder_and_none(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        assert judged(TrustStore.load(folder)) == Verdict(Trust.NOT_CHECKED, "no_country_certificates")
    assert judged(names(tmp_path, a__cer=OTHER.csca_certificate)) == UNKNOWN


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("x.cer", b""),
        ("x.cer", DER[:-1]),
        ("x.cer", DER + b"\0"),
        ("x.der", os.urandom(400)),
        ("x.pem", b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
        ("x.ml", DER),
        ("x.ml", tlv.only(Authority.create().sign_sod(GROUPS), files.SOD_TAG)),
        ("x.ml", Authority.create().master_list[:-1]),
        ("x.crl", b""),
        ("x.crl", DER[:-1]),
        ("x.crl", Authority.create().revocation_list[:-3]),
        ("x.crl", DER),
        ("x.cer", DER.replace(b"\x17\x0d080101", b"\x17\x0d08xx01")),
        ("x.cer", Authority.create().revocation_list),
    ],
)
def test_a_broken_file_is_named_and_the_others_serve(tmp_path: Path, name: str, broken: bytes) -> None:
    (tmp_path / name).write_bytes(broken)
    loaded = names(tmp_path, good__cer=DER)
    assert loaded.problems == (name,)
    assert judged(loaded) == TRUSTED


def test_one_broken_certificate_of_a_master_list_is_named_and_the_others_serve(tmp_path: Path) -> None:
    odd = certificate(9, CSCA_NAME, CSCA_YEARS, *(EcdsaSigner("sha256", 12, explicit=False),) * 2)
    content = tlv.encode(0x31, odd.replace(b"\x17\x0d080101", b"\x17\x0d08xx01") + DER)
    made = Authority.create()
    whole = made._sign(MASTER_LIST, files.sequence(files.integer(0), content), made.signer_certificate, forged=False)
    loaded = names(tmp_path, a__ml=whole)
    assert loaded.problems == ("a.ml",)
    assert judged(loaded) == TRUSTED


def test_a_file_that_is_far_too_large_or_none(tmp_path: Path) -> None:
    with (tmp_path / "large.cer").open("wb") as large:
        large.truncate(LARGEST_FILE + 1)
    (tmp_path / "folder.cer").mkdir()
    loaded = names(tmp_path, good__cer=DER)
    assert loaded.problems == ("folder.cer", "large.cer")
    assert judged(loaded) == TRUSTED


class OddSigner(EcdsaSigner):
    """A key on a curve that travel documents do not use."""

    def __init__(self) -> None:
        super().__init__("sha256", 12, explicit=False)
        self._key = ecdsa.SigningKey.generate(ecdsa.SECP256k1)
        self.public = type(self.public).load(self._key.verifying_key.to_der())


def test_an_authority_of_the_same_name_with_a_key_of_another_kind_is_not_in_the_way(tmp_path: Path) -> None:
    odd = OddSigner()
    loaded = names(tmp_path, a__cer=certificate(9, CSCA_NAME, CSCA_YEARS, odd, odd), b__cer=DER)
    assert judged(loaded) == TRUSTED


def test_a_document_signer_in_the_folder_is_no_authority(tmp_path: Path) -> None:
    """Trusting a signer's certificate as it lies there would pass by dates and revocation of its authority."""
    loaded = names(tmp_path, a__cer=Authority.create().signer_certificate)
    assert judged(loaded) in (UNKNOWN, Verdict(Trust.NOT_CHECKED, "no_country_certificates"))


def test_a_certificate_that_says_it_is_no_authority_is_none(tmp_path: Path) -> None:
    ended = DER.replace(b"\x01\x01\xff\x02\x01\x00", b"\x01\x01\x00\x02\x01\x00")
    assert ended != DER
    assert judged(names(tmp_path, a__cer=ended)) == Verdict(Trust.NOT_CHECKED, "no_country_certificates")


def test_the_store_of_a_reading_is_the_one_given() -> None:
    assert read(trust=TrustStore()).outcome == (Trust.NOT_CHECKED, "no_country_certificates", CloneCheck.GENUINE)
    assert read(trust=emrtd_cards.store(OTHER)).outcome[:2] == (Trust.UNTRUSTED_SIGNER, "signer_unknown")
