"""Encryption at rest."""

from __future__ import annotations

import pytest

from pluggably.kit.encryption import Cipher, Undecryptable

OLD, NEW, OTHER = (bytes([number]) * 32 for number in range(3))
PLAIN = "sk-CANARY ü".encode()


@pytest.mark.req("SYS-NFR-012")
def test_what_is_encrypted_holds_nothing_of_the_plain_text_and_differs_each_time() -> None:
    cipher = Cipher([NEW])
    kept = {cipher.encrypt(PLAIN, "a") for _ in range(100)}
    assert len(kept) == 100
    assert not any(PLAIN[start : start + 4] in ciphertext for ciphertext in kept for start in range(len(PLAIN) - 4))
    assert {len(ciphertext) for ciphertext in kept} == {len(PLAIN) + 29}
    assert {cipher.decrypt(ciphertext, cipher.key_id, "a") for ciphertext in kept} == {PLAIN}


@pytest.mark.req("SYS-NFR-012")
def test_older_keys_decrypt_and_the_newest_encrypts() -> None:
    before, after = Cipher([OLD]), Cipher([NEW, OLD])
    kept = before.encrypt(PLAIN, "a")
    assert after.decrypt(kept, before.key_id, "a") == PLAIN
    assert after.key_ids == [after.key_id, before.key_id]
    assert Cipher([NEW]).decrypt(after.encrypt(PLAIN, "a"), after.key_id, "a") == PLAIN
    with pytest.raises(Undecryptable, match="PLUGGABLY_ENCRYPTION_KEYS"):
        Cipher([OTHER]).decrypt(kept, before.key_id, "a")


@pytest.mark.req("SYS-NFR-012")
def test_what_was_moved_or_changed_cannot_be_read() -> None:
    cipher = Cipher([NEW, OLD])
    kept = cipher.encrypt(PLAIN, "a")
    with pytest.raises(Undecryptable):
        cipher.decrypt(kept, cipher.key_id, "b")
    with pytest.raises(Undecryptable):
        cipher.decrypt(kept, cipher.key_ids[1], "a")
    for place in range(len(kept)):
        changed = kept[:place] + bytes([kept[place] ^ 1]) + kept[place + 1 :]
        with pytest.raises(Undecryptable):
            cipher.decrypt(changed, cipher.key_id, "a")
    for short in (b"", kept[:1], kept[:20]):
        with pytest.raises(Undecryptable):
            cipher.decrypt(short, cipher.key_id, "a")


def test_a_cipher_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        Cipher([])
