"""What is encrypted in the rows of provider keys, and with which keys."""

from __future__ import annotations

import json
import re

from pluggably.kit.encryption import Cipher, Undecryptable
from pluggably.kit.secrets import KEPT_IN, derive_key, kept_secret
from pluggably.settings import Settings
from pluggably.tables.provider_keys import CredentialType, ProviderKeyTable

_PURPOSE = "provider keys"
_PREFIX = re.compile(r"[A-Za-z]{1,6}[-_]")
_SHORTEST = 16
"""Characters of a key from which on its end is shown."""
_SHOWN = 4


def open_cipher(settings: Settings) -> Cipher:
    """With the configured keys, newest first; without them with the kept secret, which always decrypts. Blocks.

    Raises what `kept_secret` does.
    """
    secrets = [key.get_secret_value().encode() for key in settings.encryption_keys]
    if not secrets or (settings.data_dir / KEPT_IN).exists():
        secrets.append(kept_secret(settings.data_dir))
    return Cipher([derive_key(secret, _PURPOSE) for secret in secrets])


def seal(cipher: Cipher, row: ProviderKeyTable, fields: dict[str, str]) -> None:
    """Put the fields of a credential into its row."""
    row.key_id = cipher.key_id
    row.ciphertext = cipher.encrypt(json.dumps(fields).encode(), row.place)


def unseal(cipher: Cipher, row: ProviderKeyTable) -> dict[str, str]:
    """The fields of a credential. Raises `Undecryptable`."""
    plain = cipher.decrypt(row.ciphertext, row.key_id, row.place)
    fields = json.loads(plain)
    if not isinstance(fields, dict):
        raise Undecryptable("it holds no credential")
    return fields


def masked(kind: CredentialType, fields: dict[str, str]) -> str:
    """Enough to tell credentials apart: how the key begins and ends, or whose service account it is."""
    if kind is CredentialType.SERVICE_ACCOUNT:
        return str(json.loads(fields["service_account_json"])["client_email"])[:255]
    secret = fields.get("api_key") or fields["oauth_token"]
    if len(secret) < _SHORTEST:
        return "…"
    prefix = _PREFIX.match(secret)
    return f"{prefix[0] if prefix else ''}…{secret[-_SHOWN:]}"
