"""Passive authentication: every signature algorithm, every kind of file, every way in which it does not hold."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import x509

from devices.card_reader.chip.authority import Authority
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import Digest, Signature
from devices.card_reader.emrtd.results import Trust, Verdict
from devices.card_reader.emrtd.trust import TrustStore
from tests.unit.emrtd_reading import store_of

GROUPS = {1: b"a\x01one", 13: b"m\x01two"}
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SIGNATURES: tuple[Signature, ...] = ("rsa-pkcs1", "rsa-pss", "ecdsa")
DIGESTS: tuple[Digest, ...] = ("sha1", "sha224", "sha256", "sha384", "sha512")


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("signature", SIGNATURES)
def test_every_algorithm(signature: Signature, digest: Digest) -> None:
    authority = Authority.create(signature, digest)
    store = store_of(authority)
    sod = authority.sign_sod(GROUPS, digest)
    assert store.check(sod, GROUPS, NOW) == Verdict(Trust.TRUSTED)
    assert store.check(sod, {1: b"a\x01xyz"}, NOW) == Verdict(Trust.FAILED, "hash_differs")
    forged = authority.sign_sod(GROUPS, digest, Faults(forged_sod=True))
    assert store.check(forged, GROUPS, NOW) == Verdict(Trust.FAILED, "signature_wrong")


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("curve", [10, 12, 13, 15, 17, 18])
def test_curves_of_signers(curve: int, explicit: bool) -> None:
    authority = Authority.create("ecdsa", "sha256", curve, explicit)
    assert store_of(authority).check(authority.sign_sod(GROUPS), GROUPS, NOW).trust is Trust.TRUSTED


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Faults(unknown_signer=True), "signer_unknown"),
        (Faults(expired_signer=True), "signer_expired"),
        (Faults(revoked_signer=True), "signer_revoked"),
    ],
)
def test_signers_that_are_not_trusted(faults: Faults, reason: str) -> None:
    authority = Authority.create()
    verdict = store_of(authority).check(authority.sign_sod(GROUPS, faults=faults), GROUPS, NOW)
    assert verdict == Verdict(Trust.UNTRUSTED_SIGNER, reason)


def test_without_the_list_nobody_is_revoked() -> None:
    authority = Authority.create()
    store = TrustStore((x509.Certificate.load(authority.csca_certificate),))
    sod = authority.sign_sod(GROUPS, faults=Faults(revoked_signer=True))
    assert store.check(sod, GROUPS, NOW).trust is Trust.TRUSTED


def test_dates_of_the_authority_itself() -> None:
    authority = Authority.create()
    sod = authority.sign_sod(GROUPS)
    long_after = datetime(2060, 1, 1, tzinfo=UTC)
    assert store_of(authority).check(sod, GROUPS, long_after).reason in ("signer_expired", "authority_expired")


@pytest.mark.parametrize(
    ("store", "sod", "verdict"),
    [
        (TrustStore(), None, Verdict(Trust.NOT_CHECKED, "no_security_object")),
        (TrustStore(), b"", Verdict(Trust.FAILED, "security_object_malformed")),
        (TrustStore(), b"\x77\x03\x30\x01\x00", Verdict(Trust.FAILED, "security_object_malformed")),
    ],
)
def test_nothing_to_check(store: TrustStore, sod: bytes | None, verdict: Verdict) -> None:
    assert store.check(sod, GROUPS, NOW) == verdict


def test_without_country_certificates_changes_still_show() -> None:
    authority = Authority.create()
    sod = authority.sign_sod(GROUPS)
    assert TrustStore().check(sod, GROUPS, NOW) == Verdict(Trust.NOT_CHECKED, "no_country_certificates")
    assert TrustStore().check(sod, {1: b"other"}, NOW).trust is Trust.FAILED


def test_another_state_does_not_vouch_for_ours() -> None:
    ours, theirs = Authority.create(), Authority.create("rsa-pss", "sha256")
    verdict = store_of(theirs).check(ours.sign_sod(GROUPS), GROUPS, NOW)
    assert verdict == Verdict(Trust.UNTRUSTED_SIGNER, "signer_unknown")
    assert store_of(theirs, ours).check(ours.sign_sod(GROUPS), GROUPS, NOW).trust is Trust.TRUSTED


def pem(kind: str, der: bytes) -> bytes:
    """A PEM block (RFC 7468)."""
    body = base64.encodebytes(der)
    return b"-----BEGIN " + kind.encode() + b"-----\n" + body + b"-----END " + kind.encode() + b"-----\n"


@pytest.mark.parametrize("name", ["csca.cer", "csca.crt", "csca.der", "csca.pem", "all.pem", "list.ml"])
def test_a_folder_of_certificates(tmp_path: Path, name: str) -> None:
    authority, other = Authority.create(), Authority.create("rsa-pkcs1", "sha256")
    content = {
        "csca.pem": pem("CERTIFICATE", authority.csca_certificate),
        "all.pem": pem("CERTIFICATE", other.csca_certificate) + pem("CERTIFICATE", authority.csca_certificate),
        "list.ml": authority.master_list,
    }.get(name, authority.csca_certificate)
    (tmp_path / name).write_bytes(content)
    (tmp_path / "readme.txt").write_text("not one of them")
    store = TrustStore.load(tmp_path)
    assert store.problems == ()
    assert store.check(authority.sign_sod(GROUPS), GROUPS, NOW).trust is Trust.TRUSTED


@pytest.mark.parametrize("armoured", [False, True])
def test_a_revocation_list_in_the_folder(tmp_path: Path, armoured: bool) -> None:
    authority = Authority.create()
    (tmp_path / "csca.cer").write_bytes(authority.csca_certificate)
    revoked = authority.revocation_list
    (tmp_path / "list.crl").write_bytes(pem("X509 CRL", revoked) if armoured else revoked)
    sod = authority.sign_sod(GROUPS, faults=Faults(revoked_signer=True))
    assert TrustStore.load(tmp_path).check(sod, GROUPS, NOW).reason == "signer_revoked"


def test_broken_files_are_named_and_the_others_read(tmp_path: Path) -> None:
    authority = Authority.create()
    good = authority.csca_certificate
    (tmp_path / "good.cer").write_bytes(good)
    for name, content in {
        "cut.cer": good[:100],
        "empty.cer": b"",
        "text.pem": b"hello",
        "list.ml": good,
        "list.crl": good,
        "tail.der": good + b"\0",
    }.items():
        (tmp_path / name).write_bytes(content)
    store = TrustStore.load(tmp_path)
    assert store.problems == ("cut.cer", "empty.cer", "list.crl", "list.ml", "tail.der", "text.pem")
    assert store.check(authority.sign_sod(GROUPS), GROUPS, NOW).trust is Trust.TRUSTED


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert TrustStore.load(tmp_path / "nowhere") == TrustStore()
