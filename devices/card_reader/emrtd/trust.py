"""Passive authentication: did the state sign what was read? (ICAO Doc 9303-11, 5.1; certificates: 9303-12)

1. The SOD's signature holds under its document signer's certificate.
2. That certificate is signed by a country signing authority (CSCA) from a folder of ours, valid today and not revoked.
3. The hash of every data group that was read is the signed one.

Country certificates come as DER or PEM (`.cer .crt .der .pem`) or as an ICAO master list (`.ml`, 9303-12, 9),
revocation lists as `.crl`. The folder is trusted as it lies there: who may write to it decides who is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from asn1crypto import cms, core, crl, pem, x509

from devices.card_reader.emrtd import security_object
from devices.card_reader.emrtd.errors import Malformed
from devices.card_reader.emrtd.results import Trust, Verdict
from devices.card_reader.emrtd.security_object import ASN1_ERRORS, SecurityObject, verifies

MASTER_LIST = "2.23.136.1.1.2"
LARGEST_FILE = 16 * 1024 * 1024  # bytes


class _MasterList(core.Sequence):  # type: ignore[misc]  # asn1crypto ships no types
    _fields = [("version", core.Integer), ("certificates", core.SetOf, {"spec": x509.Certificate})]  # noqa: RUF012


@dataclass(frozen=True)
class TrustStore:
    """Country certificates and revocation lists; `problems` names the files that could not be read."""

    authorities: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    revocations: tuple[crl.CertificateList, ...] = field(default=(), repr=False)
    problems: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> TrustStore:
        """Read a folder; files of other kinds are left alone, broken ones are named in `problems`."""
        authorities: list[x509.Certificate] = []
        revocations: list[crl.CertificateList] = []
        problems: list[str] = []
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            try:
                held = _held(path)
            except (*ASN1_ERRORS, OSError):
                problems.append(path.name)
                continue
            usable = [each for each in held if _usable(each)]
            if len(usable) < len(held):
                problems.append(path.name)
            authorities += (each for each in usable if isinstance(each, x509.Certificate) and each.ca is not False)
            revocations += (each for each in usable if isinstance(each, crl.CertificateList))
        return cls(tuple(authorities), tuple(revocations), tuple(problems))

    def check(self, sod: bytes | None, groups: Mapping[int, bytes], now: datetime) -> Verdict:
        """Passive authentication over the data groups that were read. Never raises for bad data; it is `failed`."""
        if sod is None:
            return Verdict(Trust.NOT_CHECKED, "no_security_object")
        try:
            signed = security_object.parse(sod)
            holds = signed.signature_holds()
        except Malformed:
            return Verdict(Trust.FAILED, "security_object_malformed")
        if not holds:
            return Verdict(Trust.FAILED, "signature_wrong")
        if not all(signed.matches(number, content) for number, content in groups.items()):
            return Verdict(Trust.FAILED, "hash_differs")
        if not self.authorities:
            return Verdict(Trust.NOT_CHECKED, "no_country_certificates")
        try:
            reason = self._signer_problem(signed, now)
        except (*ASN1_ERRORS, Malformed):
            return Verdict(Trust.UNTRUSTED_SIGNER, "signer_malformed")
        return Verdict(Trust.UNTRUSTED_SIGNER, reason) if reason else Verdict(Trust.TRUSTED)

    def _signer_problem(self, signed: SecurityObject, now: datetime) -> str:
        signer = signed.certificate
        issuers = [authority for authority in self.authorities if _may_have_issued(authority, signer)]
        issuers = [authority for authority in issuers if _issued(authority, signer)]
        if not issuers:
            return "signer_unknown"
        if not _valid(signer, now):
            return "signer_expired"
        if not any(_valid(authority, now) for authority in issuers):
            return "authority_expired"
        if any(self._revoked(authority, signer) for authority in issuers):
            return "signer_revoked"
        return ""

    def _revoked(self, authority: x509.Certificate, signer: x509.Certificate) -> bool:
        for listed in self.revocations:
            if listed.issuer.hashable != authority.subject.hashable:
                continue
            body, algorithm = listed["tbs_cert_list"], listed["signature_algorithm"]
            if not verifies(authority, algorithm, body.dump(), listed["signature"].native):
                continue
            # an empty list has no element at all (RFC 5280, 5.1.2.6)
            if any(
                entry["user_certificate"].native == signer.serial_number for entry in body["revoked_certificates"] or ()
            ):
                return True
        return False


def _blocks(path: Path) -> list[bytes]:
    """The DER structures of a file in DER or PEM."""
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError("the file is too large")
    raw = path.read_bytes()
    if not pem.detect(raw):
        return [raw]
    return [der for _, _, der in pem.unarmor(raw, multiple=True)]


def _held(path: Path) -> Sequence[x509.Certificate | crl.CertificateList]:
    """What a file holds, by the end of its name; nothing for files of other kinds."""
    kind = path.suffix.lower()
    if kind == ".crl":
        return [crl.CertificateList.load(der, strict=True) for der in _blocks(path)]
    if kind == ".ml":
        return [certificate for der in _blocks(path) for certificate in _master_list(der)]
    if kind in (".cer", ".crt", ".der", ".pem"):
        return [x509.Certificate.load(der, strict=True) for der in _blocks(path)]
    return ()


def _usable(found: x509.Certificate | crl.CertificateList) -> bool:
    """Parse now what a check will ask for, so that a broken one is named in time and is in nobody's way."""
    try:
        _ = found.issuer.hashable, found["signature_algorithm"].signature_algo
        if isinstance(found, crl.CertificateList):
            _ = [entry["user_certificate"].native for entry in found["tbs_cert_list"]["revoked_certificates"] or ()]
        else:
            _ = found.subject.hashable, found.key_identifier, found.ca, found.public_key.dump()
            return bool(found.not_valid_before <= found.not_valid_after)
    except ASN1_ERRORS:
        return False
    return True


def _master_list(der: bytes) -> list[x509.Certificate]:
    inner = cms.ContentInfo.load(der, strict=True)["content"]["encap_content_info"]
    if inner["content_type"].dotted != MASTER_LIST:
        raise ValueError("not an ICAO master list")
    return list(_MasterList.load(inner["content"].native, strict=True)["certificates"])


def _may_have_issued(authority: x509.Certificate, signer: x509.Certificate) -> bool:
    """By key identifier or by name: states write the same name in several ways (9303-12, 7.1.1)."""
    wanted, known = signer.authority_key_identifier, authority.key_identifier
    if wanted is not None and wanted == known:
        return True
    return bool(authority.subject.hashable == signer.issuer.hashable)


def _issued(authority: x509.Certificate, signer: x509.Certificate) -> bool:
    """False also for an authority whose key we cannot use: another of the same name may be the one."""
    algorithm, body = signer["signature_algorithm"], signer["tbs_certificate"]
    try:
        return verifies(authority, algorithm, body.dump(), signer["signature_value"].native)
    except Malformed:
        return False


def _valid(certificate: x509.Certificate, now: datetime) -> bool:
    return bool(certificate.not_valid_before <= now <= certificate.not_valid_after)
