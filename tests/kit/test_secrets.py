"""The kept secret and the keys derived from it."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pluggably.kit.secrets import KEPT_IN, DamagedSecret, derive_key, kept_secret


def test_a_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    secret = kept_secret(folder)
    assert len(secret) == 32
    assert kept_secret(folder) == secret
    assert kept_secret(tmp_path / "other") != secret
    assert stat.S_IMODE((folder / KEPT_IN).stat().st_mode) == 0o600
    assert not [path for path in folder.iterdir() if path.name not in (KEPT_IN, f".{KEPT_IN}.lock")]


def test_processes_that_start_at_once_have_the_same_secret(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pluggably.kit.secrets import kept_secret\n"
        "sys.stdin.readline(); print(kept_secret(Path(sys.argv[1])).hex())"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda process: process.communicate("go\n", timeout=60)[0], started))
    assert set(told) == {kept_secret(tmp_path).hex() + "\n"}


@pytest.mark.parametrize("content", [b"", b"not hexadecimal\n", b"abcd\n", b"\xff\xfe", b"00" * 33])
def test_a_damaged_secret_is_an_error_that_shows_nothing_of_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEPT_IN).write_bytes(content)
    with pytest.raises(DamagedSecret, match=KEPT_IN) as refusal:
        kept_secret(tmp_path)
    assert not content.strip() or content.strip().decode("latin-1") not in str(refusal.value)
    assert (tmp_path / KEPT_IN).read_bytes() == content, "nothing is overwritten"


def test_each_purpose_has_a_key_of_its_own() -> None:
    keys = {derive_key(secret, purpose) for secret in (b"a", b"b") for purpose in ("addresses", "sessions")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert derive_key(b"a", "addresses") == derive_key(b"a", "addresses")


@pytest.mark.parametrize("secret", [b"", b"a secret", bytes(range(200))])
def test_keys_are_those_that_the_library_for_it_derives(secret: bytes) -> None:
    expected = HKDF(SHA256(), 32, salt=None, info=b"pluggably: addresses").derive(secret)
    assert derive_key(secret, "addresses") == expected


def test_keys_stay_the_same_from_version_to_version() -> None:
    known = "9779ca1de196bb4e7a49bfa892c22c447c08b13b2a5da9237a9dcdcc31735569"
    assert derive_key(b"a secret", "x").hex() == known
