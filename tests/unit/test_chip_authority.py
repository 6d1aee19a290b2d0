"""The test authority of the simulated card: certificates, security objects, revocation list, master list."""

from __future__ import annotations

import hashlib
from typing import Any

import ecdsa
import pytest
from asn1crypto import cms, crl, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from devices.card_reader.chip import files
from devices.card_reader.chip.authority import REVOKED_SERIAL, Authority
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import Digest, Signature
from devices.card_reader.emrtd import curves, tlv

GROUPS = {1: b"one", 13: b"thirteen"}
RSA: tuple[Signature, ...] = ("rsa-pkcs1", "rsa-pss")
DIGESTS: tuple[Digest, ...] = ("sha1", "sha224", "sha256", "sha384", "sha512")


def verifies(certificate: x509.Certificate, data: bytes, signature: bytes, algorithm: Any) -> bool:
    """Whether this is the signature of the certificate's key, by the algorithm told with it."""
    public = certificate["tbs_certificate"]["subject_public_key_info"].dump()
    if algorithm.signature_algo == "ecdsa":
        key = ecdsa.VerifyingKey.from_der(public)
        digest = {"sha1": hashlib.sha1, "sha224": hashlib.sha224, "sha256": hashlib.sha256, "sha384": hashlib.sha384}
        function = digest.get(algorithm.hash_algo, hashlib.sha512)
        try:
            return bool(key.verify(signature, data, function, ecdsa.util.sigdecode_der, allow_truncate=True))
        except ecdsa.BadSignatureError:
            return False
    number = load_der_public_key(public)
    assert isinstance(number, rsa.RSAPublicKey)
    kind: hashes.HashAlgorithm = getattr(hashes, algorithm.hash_algo.upper())()
    how = padding.PSS(padding.MGF1(kind), kind.digest_size) if "pss" in algorithm.signature_algo else padding.PKCS1v15()
    try:
        number.verify(signature, data, how, kind)
    except InvalidSignature:
        return False
    return True


def judged(authority: Authority, faults: Faults | None = None) -> tuple[x509.Certificate, bool, bool]:
    """The signer's certificate, whether the CSCA issued it, whether it signed the security object."""
    sod = authority.sign_sod(GROUPS, authority.digest, faults)
    signed = cms.ContentInfo.load(tlv.only(sod, files.SOD_TAG))["content"]
    shown, info = signed["certificates"][0].chosen, signed["signer_infos"][0]
    content: bytes = signed["encap_content_info"]["content"].native
    told = next(a["values"][0].native for a in info["signed_attrs"] if a["type"].native == "message_digest")
    assert told == hashlib.new(authority.digest, content).digest()
    assert all(hashlib.new(authority.digest, group).digest() in content for group in GROUPS.values())
    root = x509.Certificate.load(authority.csca_certificate)
    signature = info["signature"].native
    return (
        shown,
        verifies(root, shown["tbs_certificate"].dump(), shown["signature_value"].native, shown["signature_algorithm"]),
        verifies(shown, info["signed_attrs"].untag().dump(), signature, info["signature_algorithm"]),
    )


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("signature", RSA)
def test_rsa(signature: Signature, digest: Digest) -> None:
    assert judged(Authority.create(signature, digest))[1:] == (True, True)
    assert judged(Authority.create(signature, digest), Faults(forged_sod=True))[1:] == (True, False)


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("number", curves.BY_NUMBER)
def test_ecdsa(number: int, explicit: bool) -> None:
    for digest in DIGESTS:
        assert judged(Authority.create("ecdsa", digest, number, explicit))[1:] == (True, True)


def test_one_authority_for_the_same_algorithms() -> None:
    assert Authority.create() is Authority.create()
    assert Authority.create() is not Authority.create(digest="sha384")


@pytest.mark.parametrize("signature", ["ecdsa", "rsa-pss"])
def test_what_can_be_wrong_with_the_signer(signature: Signature) -> None:
    authority = Authority.create(signature)
    assert judged(authority)[0].dump() == authority.signer_certificate
    assert judged(authority, Faults(forged_sod=True))[1:] == (True, False)
    stranger, *rest = judged(authority, Faults(unknown_signer=True))
    assert (stranger.issuer == x509.Certificate.load(authority.csca_certificate).subject, *rest) == (True, False, True)
    expired, *rest = judged(authority, Faults(expired_signer=True))
    assert (expired.not_valid_after.year, *rest) == (2014, True, True)
    revoked, *rest = judged(authority, Faults(revoked_signer=True))
    assert (revoked.serial_number, *rest) == (REVOKED_SERIAL, True, True)


def test_the_revocation_list() -> None:
    authority = Authority.create()
    listed = crl.CertificateList.load(authority.revocation_list)
    body = listed["tbs_cert_list"]
    assert [entry["user_certificate"].native for entry in body["revoked_certificates"]] == [REVOKED_SERIAL]
    root = x509.Certificate.load(authority.csca_certificate)
    assert verifies(root, body.dump(), listed["signature"].native, listed["signature_algorithm"])


def test_the_master_list() -> None:
    authority = Authority.create()
    signed = cms.ContentInfo.load(authority.master_list)["content"]
    held = signed["encap_content_info"]["content"].native
    assert signed["encap_content_info"]["content_type"].dotted == "2.23.136.1.1.2"
    assert tlv.find(tlv.only(held, 0x30), 0x31) == authority.csca_certificate
