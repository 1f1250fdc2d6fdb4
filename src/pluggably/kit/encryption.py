"""Encryption of what is kept: AES-256-GCM, with keys that can be exchanged for newer ones.

The newest key encrypts; every key decrypts what it once encrypted. What is encrypted is bound to the place that it is
kept in: moved to another row it can't be read. Sources: NIST SP 800-38D (96-bit random nonces, which are good for
2^32 messages of one key), RFC 5116 (the tag follows the ciphertext).

The library is loaded with the first secret that is encrypted or read: a gateway that keeps none does without its
9 MB.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_ID_BYTES = 8


class Undecryptable(Exception):
    """No key at hand decrypts this: its key is gone, or it was changed or moved. The message holds no part of it."""


class Cipher:
    """Encrypts and decrypts. `keys` have 32 bytes each, the newest first.

    `key_id` names the newest key and tells nothing of it, so that what older keys encrypted can be found.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("there is no key to encrypt with")
        self._keys = {_id_of(key): key for key in keys}
        self._ciphers: dict[str, AESGCM] = {}
        self.key_id = _id_of(keys[0])

    @property
    def key_ids(self) -> list[str]:
        """The names of all keys, the newest first."""
        return list(self._keys)

    def encrypt(self, plain: bytes, place: str) -> bytes:
        """The ciphertext for this place, with its nonce and tag: 29 bytes more than `plain`."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher(self.key_id).encrypt(nonce, plain, _bound(self.key_id, place))

    def decrypt(self, kept: bytes, key_id: str, place: str) -> bytes:
        """What was encrypted with the key of this name for this place. Raises `Undecryptable`."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loaded where a secret is kept

        if key_id not in self._keys:
            raise Undecryptable("its encryption key is not among PLUGGABLY_ENCRYPTION_KEYS")
        nonce, rest = kept[1 : 1 + _NONCE_BYTES], kept[1 + _NONCE_BYTES :]
        if kept[:1] != _FORMAT or len(rest) < _TAG_BYTES:
            raise Undecryptable("it is damaged")
        try:
            return self._cipher(key_id).decrypt(nonce, rest, _bound(key_id, place))
        except InvalidTag:
            raise Undecryptable("it is damaged, or belongs to another place") from None

    def _cipher(self, key_id: str) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loaded where a secret is kept

        if key_id not in self._ciphers:
            self._ciphers[key_id] = AESGCM(self._keys[key_id])
        return self._ciphers[key_id]


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"pluggably: the name of a key" + key).hexdigest()[: 2 * _ID_BYTES]


def _bound(key_id: str, place: str) -> bytes:
    return _FORMAT + key_id.encode() + place.encode()
