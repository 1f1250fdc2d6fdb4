"""Signed addresses: what they begin with, when they are over, what is refused."""

from __future__ import annotations

import base64
import hmac
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluggably.errors import ArtifactExpired, InvalidSignature
from pluggably.features.artifacts.signing import Addresses, address_base
from pluggably.kit.ids import new_id
from pluggably.kit.secrets import derive_key

SECRET = b"a secret of this installation"
LATER = datetime.now(UTC) + timedelta(days=1)
pytestmark = pytest.mark.req("SYS-REQ-016")


def addresses(secret: bytes = SECRET, base: str = "", ttl_s: float = 60) -> Addresses:
    return Addresses(secret, base=base, ttl_s=ttl_s)


def parts_of(address: str) -> tuple[str, str, str]:
    """Id, expiry and signature."""
    query = parse_qs(urlsplit(address).query)
    return urlsplit(address).path.rpartition("/")[2], query["expires"][0], query["signature"][0]


def test_what_was_signed_is_accepted_by_everyone_with_the_secret_and_by_nobody_else() -> None:
    id_ = new_id("art")
    maker = addresses()
    parts = parts_of(maker.make(id_, maker.expiry(LATER)))
    assert parts[0] == id_
    addresses().check(*parts)
    with pytest.raises(InvalidSignature):
        addresses(b"another secret").check(*parts)


def test_the_key_is_used_for_addresses_alone() -> None:
    id_, expires, signature = parts_of(addresses().make("art_x", 9_999_999_999))
    message = f"{id_}\n{expires}".encode()

    def signed(key: bytes) -> str:
        return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).decode().rstrip("=")

    assert signed(derive_key(SECRET, "artifact addresses")) == signature
    assert signed(SECRET) != signature
    assert signed(derive_key(SECRET, "session tokens")) != signature


@given(
    change=st.sampled_from(["id", "expires", "signature"]),
    place=st.integers(0, 60),
    new=st.characters(blacklist_characters="&#"),
)
def test_no_change_of_any_letter_is_accepted(change: str, place: int, new: str) -> None:
    id_ = "art_01jd3v5c8k2m4n6p8q0r2s4t6v"
    parts = dict(zip(("id", "expires", "signature"), parts_of(addresses().make(id_, 9_999_999_999)), strict=True))
    old = parts[change]
    place %= len(old) + 1
    for changed in (old[:place] + new + old[place + 1 :], old[:place] + new + old[place:], old[:place]):
        if changed != old:
            with pytest.raises(InvalidSignature):
                addresses().check(**{"artifact_id": id_, **{k: v for k, v in parts.items() if k != "id"}} | (
                    {"artifact_id": changed} if change == "id" else {change: changed}
                ))  # fmt: skip


@pytest.mark.parametrize("expires", ["", "0", "-1", "+1", "1e9", "٣٣٣٣٣", " 9999999999", "09999999999", "9" * 5000])
def test_an_expiry_that_is_no_plain_number_is_refused(expires: str) -> None:
    id_, _, signature = parts_of(addresses().make("art_x", 9_999_999_999))
    with pytest.raises(InvalidSignature):
        addresses().check(id_, expires, signature)


@pytest.mark.parametrize("signature", ["", "ü", "\udc80", "A" * 100_000])
def test_whatever_stands_for_a_signature_is_refused_without_a_fault(signature: str) -> None:
    with pytest.raises(InvalidSignature):
        addresses().check("art_x", "9999999999", signature)


def test_an_address_is_good_for_its_time_and_no_longer() -> None:
    maker = addresses(ttl_s=1)
    parts = parts_of(maker.make("art_x", maker.expiry(LATER)))
    maker.check(*parts)
    while time.time() < int(parts[1]):
        time.sleep(0.05)
    with pytest.raises(ArtifactExpired):
        maker.check(*parts)
    with pytest.raises(InvalidSignature):  # who made it up is not told that it is over
        maker.check(parts[0], str(int(parts[1]) - 1), parts[2])


def test_an_address_does_not_outlive_what_it_leads_to() -> None:
    gone_at = datetime.now(UTC) + timedelta(seconds=5)
    assert addresses(ttl_s=3600).expiry(gone_at) <= gone_at.timestamp() + 1


@pytest.mark.parametrize(
    ("public_url", "root_path", "base"),
    [
        (None, "", ""),
        (None, "/sub", "/sub"),
        ("https://ai.example.org", "", "https://ai.example.org"),
        ("https://ai.example.org", "/sub", "https://ai.example.org/sub"),
        ("https://ai.example.org/sub", "/sub", "https://ai.example.org/sub"),
        ("https://ai.example.org/sub", "", "https://ai.example.org/sub"),
    ],
)
def test_an_address_begins_as_the_operator_says(public_url: str | None, root_path: str, base: str) -> None:
    assert address_base(public_url, root_path) == base
    assert addresses(base=base).make("art_x", 1).startswith(f"{base}/v1/artifacts/art_x?expires=1&signature=")
