"""keys: users' provider keys in the database, and the exchange of the encryption keys."""

from __future__ import annotations

import pytest

from tests.factories.apps import AUTHORISED, client_of, running_app

CANARY = "sk-CANARY-0123456789abcd"


async def stored(folder, *providers: str, **settings) -> None:
    async with running_app(folder / "data", **settings) as app, client_of(app, headers=AUTHORISED) as client:
        for name in providers:
            body = {"provider": name, "credential_type": "api_key", "api_key": CANARY}
            assert (await client.post("/v1/users/provider-keys", json=body)).status_code == 201


@pytest.mark.req("SYS-REQ-035", "SYS-NFR-012")
async def test_keys_that_cannot_be_decrypted_are_reported_and_left(pluggably):
    await stored(pluggably.folder, "meshy", "tripo", encryption_keys=["old-key"])
    pluggably.environ["PLUGGABLY_ENCRYPTION_KEYS"] = "the-new-key"
    lost = await pluggably("keys", "rotate")
    assert (lost.status, lost.out.count("was left")) == (1, 2)
    assert {row["encrypted_with"] for row in await listed(pluggably)} == {"unknown key"}


async def listed(pluggably):
    result = await pluggably("keys", "list", "--json")
    assert result.status == 0
    assert CANARY not in result.out + result.err
    return result.json()["provider_keys"]


@pytest.mark.req("SYS-REQ-035", "SYS-NFR-012")
async def test_old_and_new_keys_together_lose_nothing(pluggably):
    await stored(pluggably.folder, "meshy", "tripo", encryption_keys=["old-key"])
    pluggably.environ["PLUGGABLY_ENCRYPTION_KEYS"] = "new-key,old-key"
    assert {row["encrypted_with"] for row in await listed(pluggably)} == {"older key"}
    rotated = await pluggably("keys", "rotate", "--json")
    assert (rotated.status, rotated.json()) == (0, {"rotated": 2, "left": []})
    pluggably.environ["PLUGGABLY_ENCRYPTION_KEYS"] = "new-key"
    shown = await listed(pluggably)
    assert {row["encrypted_with"] for row in shown} == {"newest key"}
    assert {row["masked_key"] for row in shown} == {"sk-…abcd"}
    assert CANARY not in rotated.out + (await pluggably("keys", "list")).out


async def test_the_kept_secret_is_exchanged_for_a_configured_key(pluggably):
    await stored(pluggably.folder, "meshy")
    pluggably.environ["PLUGGABLY_ENCRYPTION_KEYS"] = "new-key"
    assert {row["encrypted_with"] for row in await listed(pluggably)} == {"older key"}
    assert (await pluggably("keys", "rotate", "--json")).json()["rotated"] == 1


async def test_without_a_database_it_says_what_to_do(pluggably):
    result = await pluggably("keys", "list")
    assert (result.status, "pluggably db upgrade" in result.err) == (1, True)
    assert not (pluggably.folder / "data").exists()
