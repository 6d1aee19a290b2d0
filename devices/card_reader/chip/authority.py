"""A country's public key infrastructure for tests: a CSCA, a document signer, and security objects signed by it.

Certificates follow ICAO Doc 9303-12, 7; the security object 9303-10, 4.6.2 (CMS of RFC 5652 around the hashes of the
data groups); the revocation list 9303-12, 7.1.4; the master list 9303-12, 8. All keys are new in each process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from asn1crypto import cms, core, crl, x509

from devices.card_reader.chip import files
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.files import integer, sequence
from devices.card_reader.chip.profile import Digest, Signature
from devices.card_reader.chip.signing import EcdsaSigner, RsaSigner, Signer
from devices.card_reader.emrtd import tlv

LDS_SECURITY_OBJECT, MASTER_LIST = "2.23.136.1.1.1", "2.23.136.1.1.2"
CSCA_NAME = {"country_name": "VN", "organization_name": "Thu nghiem", "common_name": "CSCA thu nghiem"}
SIGNER_NAME = {"country_name": "VN", "organization_name": "Thu nghiem", "common_name": "Document Signer thu nghiem"}
CSCA_YEARS, SIGNER_YEARS, EXPIRED_YEARS = (2008, 2045), (2020, 2040), (2009, 2014)
SIGNED_AT = datetime(2021, 5, 10, tzinfo=UTC)
CSCA_SERIAL, SIGNER_SERIAL, REVOKED_SERIAL, EXPIRED_SERIAL, MASTER_SERIAL = 1, 2, 3, 4, 5


class Authority:
    """One CSCA with its document signers, which share a key; `create` gives the same one for the same algorithms."""

    def __init__(self, signature: Signature, digest: Digest, curve: int, explicit_parameters: bool) -> None:
        """`curve`: number of the domain parameters, for ECDSA; `explicit_parameters`: spelled out in certificates."""

        def key(role: str) -> Signer:
            if signature == "ecdsa":
                return EcdsaSigner(digest, curve, explicit_parameters)
            return RsaSigner(role, digest, pss=signature == "rsa-pss")

        self.digest = digest
        self._new_key = key
        self._csca, self._signer = key("csca"), key("signer")
        self.csca_certificate = certificate(CSCA_SERIAL, CSCA_NAME, CSCA_YEARS, self._csca, self._csca)
        self.signer_certificate = self._issue(SIGNER_SERIAL, SIGNER_YEARS)

    @staticmethod
    def create(
        signature: Signature = "ecdsa", digest: Digest = "sha256", curve: int = 13, explicit_parameters: bool = True
    ) -> Authority:
        """The authority for these algorithms, made at the first call."""
        return _made(signature, digest, curve, explicit_parameters)

    def sign_sod(
        self, groups: Mapping[int, bytes], group_digest: Digest = "sha256", faults: Faults | None = None
    ) -> bytes:
        """EF.SOD over data groups by number; `faults` choose another signer or break the signature."""
        faults = faults or Faults()
        hashes = [
            sequence(integer(number), tlv.encode(files.OCTETS, hashlib.new(group_digest, content).digest()))
            for number, content in sorted(groups.items())
        ]
        algorithm = cms.DigestAlgorithm({"algorithm": group_digest}).dump()
        security_object = sequence(integer(0), algorithm, sequence(*hashes))
        signed = self._sign(LDS_SECURITY_OBJECT, security_object, self._chosen(faults), faults.forged_sod)
        return tlv.encode(files.SOD_TAG, signed)

    @cached_property
    def revocation_list(self) -> bytes:
        """The CRL of the CSCA in DER, with the signer of `revoked_signer` on it."""
        revoked = {"user_certificate": REVOKED_SERIAL, "revocation_date": _time(2022)}
        listed = crl.TbsCertList(
            {
                "version": "v2",
                "signature": self._csca.algorithm,
                "issuer": x509.Name.build(CSCA_NAME),
                "this_update": _time(2022),
                "next_update": _time(CSCA_YEARS[1]),
                "revoked_certificates": [revoked],
                "crl_extensions": [_issuer_key(self._csca), {"extn_id": "crl_number", "extn_value": 1}],
            }
        )
        return _signed(crl.CertificateList, "tbs_cert_list", listed, self._csca)

    @cached_property
    def master_list(self) -> bytes:
        """An ICAO master list in DER that holds this one CSCA."""
        held = sequence(integer(0), tlv.encode(files.SET, self.csca_certificate))
        return self._sign(MASTER_LIST, held, self._issue(MASTER_SERIAL, SIGNER_YEARS), forged=False)

    def _issue(self, serial: int, years: tuple[int, int], issuer: Signer | None = None) -> bytes:
        return certificate(serial, SIGNER_NAME, years, self._signer, issuer or self._csca)

    def _chosen(self, faults: Faults) -> bytes:
        """The signer's certificate, with what is wrong with it."""
        if faults.unknown_signer:
            return self._issue(SIGNER_SERIAL, SIGNER_YEARS, self._stranger)
        if faults.revoked_signer:
            return self._issue(REVOKED_SERIAL, SIGNER_YEARS)
        if faults.expired_signer:
            return self._issue(EXPIRED_SERIAL, EXPIRED_YEARS)
        return self.signer_certificate

    @cached_property
    def _stranger(self) -> Signer:
        return self._new_key("stranger")

    def _sign(self, kind: str, content: bytes, signer: bytes, forged: bool) -> bytes:
        """SignedData (RFC 5652, 5) with one signer, whose attributes are signed."""
        shown = x509.Certificate.load(signer)
        digest = {"algorithm": self.digest}
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": [kind]},
                {"type": "signing_time", "values": [cms.Time({"utc_time": SIGNED_AT})]},
                {"type": "message_digest", "values": [hashlib.new(self.digest, content).digest()]},
            ]
        )
        signature = self._signer.sign(attributes.dump())
        if forged:
            signature = self._signer.sign(attributes.dump() + b"\0")
        info = {
            "version": "v1",
            "sid": {"issuer_and_serial_number": {"issuer": shown.issuer, "serial_number": shown.serial_number}},
            "digest_algorithm": digest,
            "signed_attrs": attributes,
            "signature_algorithm": self._signer.algorithm,
            "signature": signature,
        }
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [digest],
                "encap_content_info": {"content_type": kind, "content": core.ParsableOctetString(content)},
                "certificates": [shown],
                "signer_infos": [info],
            }
        )
        encoded: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
        return encoded


@lru_cache(maxsize=64)
def _made(signature: Signature, digest: Digest, curve: int, explicit_parameters: bool) -> Authority:
    return Authority(signature, digest, curve, explicit_parameters)


def certificate(serial: int, name: Mapping[str, str], years: tuple[int, int], key: Signer, issuer: Signer) -> bytes:
    """A certificate in DER, valid from the start of the first year to that of the second; self-signed: a CSCA's."""
    own = key is issuer
    usage = {"key_cert_sign", "crl_sign"} if own else {"digital_signature"}
    extensions = [
        _issuer_key(issuer),
        {"extn_id": "key_identifier", "extn_value": key.public.sha1},
        {"extn_id": "key_usage", "critical": True, "extn_value": usage},
    ]
    if own:
        constraints = {"ca": True, "path_len_constraint": 0}
        extensions.append({"extn_id": "basic_constraints", "critical": True, "extn_value": constraints})
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": issuer.algorithm,
            "issuer": x509.Name.build(CSCA_NAME),
            "validity": {"not_before": _time(years[0]), "not_after": _time(years[1])},
            "subject": x509.Name.build(dict(name)),
            "subject_public_key_info": key.public,
            "extensions": extensions,
        }
    )
    return _signed(x509.Certificate, "tbs_certificate", body, issuer)


def _signed(kind: type[core.Sequence], field: str, body: core.Sequence, key: Signer) -> bytes:
    """A body with its signature, as certificates and revocation lists have it."""
    name = "signature_value" if kind is x509.Certificate else "signature"
    encoded: bytes = kind({field: body, "signature_algorithm": key.algorithm, name: key.sign(body.dump())}).dump()
    return encoded


def _issuer_key(issuer: Signer) -> dict[str, object]:
    return {"extn_id": "authority_key_identifier", "extn_value": {"key_identifier": issuer.public.sha1}}


def _time(year: int) -> x509.Time:
    return x509.Time({"utc_time": datetime(year, 1, 1, tzinfo=UTC)})
