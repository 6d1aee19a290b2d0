"""Keys, block ciphers and message authentication codes of ICAO Doc 9303-11, section 9.7 and 9.8.

A `Suite` is one of the four symmetric ciphers that a chip may choose, with its key derivation, its padding and its MAC:

| suite   | key  | derivation | block | encryption, IV               | MAC, 8 bytes                         |
|---------|------|------------|-------|------------------------------|--------------------------------------|
| 3DES    | 16 B | SHA-1      | 8 B   | CBC, 0                       | retail MAC (ISO/IEC 9797-1, alg. 3)  |
| AES-128 | 16 B | SHA-1      | 16 B  | CBC, E(key, counter)         | CMAC (NIST SP 800-38B), cut to 8     |
| AES-192 | 24 B | SHA-256    | 16 B  | as above                     | as above                             |
| AES-256 | 32 B | SHA-256    | 16 B  | as above                     | as above                             |
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

ENCRYPTION, AUTHENTICATION, PASSWORD = 1, 2, 3  # the counters of the key derivation function (9303-11, 9.7.1)
MAC_BYTES = 8


def pad(data: bytes, block: int) -> bytes:
    """ISO/IEC 9797-1, padding method 2: `80`, then zeros to a whole number of blocks."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad(data: bytes) -> bytes:
    """Take padding method 2 away. Raises `ValueError` when there is none."""
    end = data.rstrip(b"\0")
    if not end.endswith(b"\x80"):
        raise ValueError("no padding")
    return end[:-1]


@dataclass(frozen=True)
class Suite:
    """One symmetric cipher; `key_bytes` and `block` in bytes."""

    name: str
    key_bytes: int
    block: int

    def derive(self, secret: bytes, counter: int) -> bytes:
        """KDF(secret, counter) of 9303-11, 9.7.1: the first `key_bytes` of the hash, for 3DES with odd parity."""
        digest = hashlib.sha256 if self.key_bytes > 16 else hashlib.sha1
        key = digest(secret + counter.to_bytes(4, "big")).digest()[: self.key_bytes]
        return _odd_parity(key) if self is DES3 else key

    def encrypt(self, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
        """CBC over whole blocks; `iv` is zero when absent."""
        encryptor = self._cipher(key, iv).encryptor()
        return encryptor.update(data) + encryptor.finalize()

    def decrypt(self, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
        """The other way. Raises `ValueError` when `data` is not whole blocks."""
        decryptor = self._cipher(key, iv).decryptor()
        return decryptor.update(data) + decryptor.finalize()

    def iv(self, key: bytes, counter: bytes) -> bytes:
        """IV of a protected command: E(key, send sequence counter) for AES (9303-11, 9.8.6.1), zero for 3DES."""
        if self is DES3:
            return bytes(self.block)
        encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  one block: this is no mode of use
        return encryptor.update(counter) + encryptor.finalize()

    def mac(self, key: bytes, data: bytes) -> bytes:
        """Eight bytes of MAC over `data`, which 3DES pads (method 2) and CMAC takes as it is."""
        if self is DES3:
            return _retail_mac(key, pad(data, self.block))
        cmac = CMAC(algorithms.AES(key))
        cmac.update(data)
        return cmac.finalize()[:MAC_BYTES]

    def _cipher(self, key: bytes, iv: bytes | None) -> Cipher[modes.CBC]:
        # TripleDES wants three keys, and takes two without a word as something else: K1 K2 K1 is what is meant here
        algorithm = TripleDES(key + key[:8]) if self is DES3 else algorithms.AES(key)
        return Cipher(algorithm, modes.CBC(iv or bytes(self.block)))


DES3 = Suite("3DES", 16, 8)
AES128 = Suite("AES-128", 16, 16)
AES192 = Suite("AES-192", 24, 16)
AES256 = Suite("AES-256", 32, 16)
BY_OID_SUFFIX = {1: DES3, 2: AES128, 3: AES192, 4: AES256}  # last arc of the PACE and chip authentication identifiers


def _odd_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE | (byte >> 1).bit_count() % 2 ^ 1 for byte in key)


def _retail_mac(key: bytes, padded: bytes) -> bytes:
    """ISO/IEC 9797-1, MAC algorithm 3 with DES and IV 0: single DES over all blocks, the last one with 3DES."""
    one = key[:8]
    single = Cipher(TripleDES(one * 3), modes.CBC(bytes(8))).encryptor()
    chained = single.update(padded)[-8:]
    back = Cipher(TripleDES(key[8:] * 3), modes.ECB()).decryptor()  # noqa: S305  one block
    again = Cipher(TripleDES(one * 3), modes.ECB()).encryptor()  # noqa: S305  one block
    return again.update(back.update(chained))
