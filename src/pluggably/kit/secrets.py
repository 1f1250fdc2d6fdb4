"""The secret of this installation, and keys derived from it: each purpose has a key of its own.

Whoever learns one derived key knows neither the secret nor any other key.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from filelock import FileLock

KEPT_IN = "secret.key"
_BYTES = 32


class DamagedSecret(RuntimeError):
    """The file that keeps the secret does not hold one; the message names the file, not what is in it."""


def kept_secret(data_dir: Path) -> bytes:
    """The secret that is kept in the data folder, made at the first call; 32 bytes. Blocks.

    Of processes that start at once one makes it and the others read it. Raises `DamagedSecret`, and `OSError` where
    the folder can't be used.
    """
    path = data_dir / KEPT_IN
    data_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(data_dir / f".{KEPT_IN}.lock"):
        if not path.exists():
            _write(path, secrets.token_hex(_BYTES))
        try:
            secret = bytes.fromhex(path.read_text(encoding="ascii"))
        except ValueError:
            secret = b""
    if len(secret) != _BYTES:
        raise DamagedSecret(
            f"{path} is damaged: restore it from a backup, or remove it; addresses signed before are void then."
        )
    return secret


def derive_key(secret: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for this purpose alone: HKDF-SHA256 (RFC 5869) without a salt.

    One block of output is two HMACs. They are written out here because every start derives keys, and `cryptography`
    for them alone is 9 MB and 0.05 s.
    """
    extracted = hmac.digest(bytes(_BYTES), secret, "sha256")
    return hmac.digest(extracted, f"pluggably: {purpose}".encode() + b"\x01", "sha256")


def _write(path: Path, text: str) -> None:
    """Only the owner can read it, and nobody ever sees half of it."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
