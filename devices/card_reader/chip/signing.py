"""Keys of the test authority: RSA through `cryptography`, ECDSA on every curve of ICAO Doc 9303 through `ecdsa`."""

from __future__ import annotations

import hashlib
from functools import lru_cache, partial
from typing import Any, Final, Protocol

import ecdsa
from asn1crypto import algos, keys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from ecdsa.curves import Curve

from devices.card_reader.chip.profile import Digest
from devices.card_reader.emrtd import curves

RSA_BITS: Final = 2048
_HASHES: Final[dict[Digest, type[hashes.HashAlgorithm]]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class Signer(Protocol):
    """A private key together with how it signs."""

    algorithm: algos.SignedDigestAlgorithm
    public: keys.PublicKeyInfo

    def sign(self, data: bytes) -> bytes:
        """Signature over `data` as it stands in a certificate."""


@lru_cache(maxsize=16)
def rsa_key(role: str, bits: int = RSA_BITS) -> rsa.RSAPrivateKey:
    """One RSA key for each role, made once in a process: they take a while."""
    return rsa.generate_private_key(65537, bits)


def public_info(point: Any, curve: Curve, explicit: bool) -> bytes:
    """SubjectPublicKeyInfo in DER, with explicit parameters or the name of the curve (BSI TR-03111, 5.3)."""
    key = ecdsa.VerifyingKey.from_public_point(point, curve)
    encoded: bytes = key.to_der(curve_parameters_encoding="explicit" if explicit else "named_curve")
    return encoded


class RsaSigner:
    """RSASSA-PKCS1-v1_5 or RSASSA-PSS with MGF1 and a salt as long as the digest (RFC 8017, 8)."""

    def __init__(self, role: str, digest: Digest, pss: bool) -> None:
        self._key = rsa_key(role)
        self._hash = _HASHES[digest]()
        self._padding: padding.AsymmetricPadding
        if pss:
            size = self._hash.digest_size
            self._padding = padding.PSS(padding.MGF1(self._hash), size)
            mask = {"algorithm": "mgf1", "parameters": {"algorithm": digest}}
            parameters = {"hash_algorithm": {"algorithm": digest}, "mask_gen_algorithm": mask, "salt_length": size}
            self.algorithm = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
        else:
            self._padding = padding.PKCS1v15()
            self.algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"})
        der = serialization.Encoding.DER
        public = self._key.public_key().public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public = keys.PublicKeyInfo.load(public)

    def sign(self, data: bytes) -> bytes:
        """The signature, as long as the modulus."""
        return self._key.sign(data, self._padding, self._hash)


class EcdsaSigner:
    """ECDSA with a new key, signatures as SEQUENCE of r and s (BSI TR-03111, 5.2.2)."""

    def __init__(self, digest: Digest, number: int, explicit: bool) -> None:
        curve = curves.BY_NUMBER[number]
        self._digest = partial(hashlib.new, digest)
        self._key = ecdsa.SigningKey.generate(curve)
        self.algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})
        self.public = keys.PublicKeyInfo.load(public_info(self._key.verifying_key.pubkey.point, curve, explicit))

    def sign(self, data: bytes) -> bytes:
        """The signature in DER."""
        signature: bytes = self._key.sign(
            data, hashfunc=self._digest, sigencode=ecdsa.util.sigencode_der, allow_truncate=True
        )
        return signature
