"""EF.SOD: the document signer's signature over the hashes of all data groups (ICAO Doc 9303-10, 4.6.2; RFC 5652).

77 { ContentInfo { SignedData { LDSSecurityObject { version, hash algorithm, { group number, hash } … } } } }
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from asn1crypto import algos, cms, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from devices.card_reader.emrtd import tlv
from devices.card_reader.emrtd.errors import Malformed
from devices.card_reader.emrtd.public_keys import EcKey, RsaKey, parse_public_key

LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
# what asn1crypto raises for bytes that are not the structure that they claim to be
ASN1_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


@dataclass(frozen=True)
class SecurityObject:
    """A parsed SOD; `hashes` by number of the data group."""

    hash_name: str
    hashes: Mapping[int, bytes]
    content: bytes = field(repr=False)
    signer: cms.SignerInfo = field(repr=False)
    certificate: x509.Certificate = field(repr=False)

    def signature_holds(self) -> bool:
        """Whether the document signer has signed these hashes (RFC 5652, 5.4 and 5.6)."""
        try:
            return self._signature_holds()
        except ASN1_ERRORS:
            return False

    def _signature_holds(self) -> bool:
        digest_name = str(self.signer["digest_algorithm"]["algorithm"].native)
        digest = _digest(digest_name, self.content)
        attributes = self.signer["signed_attrs"]
        message = self.content
        if isinstance(attributes, cms.CMSAttributes) and len(attributes):
            values = {attribute["type"].dotted: attribute["values"] for attribute in attributes}
            told = values[MESSAGE_DIGEST][0].native
            if values[CONTENT_TYPE][0].dotted != LDS_SECURITY_OBJECT or not hmac.compare_digest(told, digest):
                return False
            message = b"\x31" + attributes.dump()[1:]  # signed as a SET, sent with a context tag
        algorithm = self.signer["signature_algorithm"]
        return verifies(self.certificate, algorithm, message, self.signer["signature"].native, digest_name)

    def matches(self, number: int, content: bytes) -> bool:
        """Whether a data group is the one that was signed."""
        expected = self.hashes.get(number)
        return expected is not None and hmac.compare_digest(expected, _digest(self.hash_name, content))


MESSAGE_DIGEST, CONTENT_TYPE = "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.3"


def parse(content: bytes) -> SecurityObject:
    """The SOD in the bytes of its file. Raises `Malformed`."""
    try:
        return _parse(tlv.only(content, 0x77))
    except ASN1_ERRORS:
        raise Malformed("SOD") from None


def _parse(content: bytes) -> SecurityObject:
    info = cms.ContentInfo.load(content, strict=True)
    if info["content_type"].native != "signed_data":
        raise Malformed("SOD without signed data")
    signed = info["content"]
    inner = signed["encap_content_info"]
    if inner["content_type"].dotted != LDS_SECURITY_OBJECT:
        raise Malformed("SOD with other content")
    if len(signed["signer_infos"]) != 1:
        raise Malformed("SOD with no or several signers")
    signer = signed["signer_infos"][0]
    certificates = [choice.chosen for choice in signed["certificates"] if choice.name == "certificate"]
    certificate = next((found for found in certificates if _is_signer(signer, found)), None)
    if certificate is None:
        raise Malformed("SOD without its signer's certificate")
    lds = inner["content"].native
    name, values = _lds_security_object(lds)
    return SecurityObject(name, values, lds, signer, certificate)


def _is_signer(signer: cms.SignerInfo, certificate: x509.Certificate) -> bool:
    sid = signer["sid"]
    if sid.name == "issuer_and_serial_number":
        same_name = sid.chosen["issuer"].hashable == certificate.issuer.hashable
        return bool(same_name and sid.chosen["serial_number"].native == certificate.serial_number)
    return bool(sid.chosen.native == certificate.key_identifier)


def _lds_security_object(data: bytes) -> tuple[str, dict[int, bytes]]:
    _, algorithm, groups, *_ = [*tlv.objects(tlv.only(data, 0x30)), tlv.Tlv(0, b""), tlv.Tlv(0, b""), tlv.Tlv(0, b"")]
    name = algos.DigestAlgorithm.load(tlv.encode(algorithm.tag, algorithm.value))["algorithm"].native
    if name not in HASHES:
        raise Malformed("SOD with an unknown hash")
    values: dict[int, bytes] = {}
    for item in tlv.objects(groups.value):
        number, value = tlv.objects(item.value)
        if (item.tag, number.tag, value.tag, len(number.value)) != (0x30, 0x02, 0x04, 1):
            raise Malformed("SOD with something else than hashes")
        values[number.value[0]] = value.value
    return name, values


def _digest(name: str, data: bytes) -> bytes:
    if name not in HASHES:
        raise Malformed("an unknown hash")
    return hashlib.new(name, data).digest()


def verifies(
    certificate: x509.Certificate,
    algorithm: algos.SignedDigestAlgorithm,
    message: bytes,
    signature: bytes,
    digest_name: str = "",
) -> bool:
    """Whether `signature` over `message` is that of the certificate's key: RSA PKCS#1 v1.5 or PSS, or ECDSA.

    `digest_name` is used where the algorithm itself names no hash (rsaEncryption in CMS). Raises `Malformed` for
    unusable keys, one of `ASN1_ERRORS` for broken structures.
    """
    key = parse_public_key(certificate.public_key.dump())
    kind = algorithm.signature_algo
    if kind == "rsassa_pss":
        return isinstance(key, RsaKey) and _pss(key, algorithm["parameters"], message, signature)
    name = digest_name if algorithm["algorithm"].native == kind and digest_name else algorithm.hash_algo
    if isinstance(key, EcKey):
        return kind == "ecdsa" and key.verifies(_digest(name, message), signature)
    return kind == "rsassa_pkcs1v15" and _rsa(key, padding.PKCS1v15(), name, message, signature)


def _pss(key: RsaKey, parameters: algos.RSASSAPSSParams, message: bytes, signature: bytes) -> bool:
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1":
        return False
    name = parameters["hash_algorithm"]["algorithm"].native
    generator = padding.MGF1(_hash(mask["parameters"]["algorithm"].native))
    return _rsa(key, padding.PSS(generator, parameters["salt_length"].native), name, message, signature)


def _hash(name: str) -> hashes.HashAlgorithm:
    if name not in HASHES:
        raise Malformed("an unknown hash")
    return HASHES[name]()


def _rsa(key: RsaKey, scheme: padding.AsymmetricPadding, name: str, message: bytes, signature: bytes) -> bool:
    try:
        key.library_key().verify(signature, message, scheme, _hash(name))
    except InvalidSignature:
        return False
    return True
