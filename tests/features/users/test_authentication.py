"""Who is calling: the same rules for every way to carry a key, and local mode with all its refusals."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from pluggably.features.users.authentication import (
    KEY_PREFIX,
    OperatorKeys,
    is_loopback_address,
    make_operator_key,
    stored_operator_key,
)
from tests.factories.apps import KEY, client_of, running_app

OTHER_KEY = "pgk_test_CANARY_second_key"
PATH = "/v1/features"

pytestmark = [pytest.mark.req("TEST-UNIT-003", "SYS-REQ-014"), pytest.mark.asyncio(loop_scope="module")]

Carry = Callable[[str], dict[str, str]]
CARRIERS: dict[str, Carry] = {
    "X-API-Key": lambda key: {"X-API-Key": key},
    "Authorization": lambda key: {"Authorization": f"Bearer {key}"},
    "both": lambda key: {"X-API-Key": key, "Authorization": f"Bearer {key}"},
}
every_carrier = pytest.mark.parametrize("carry", CARRIERS.values(), ids=CARRIERS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """A gateway with two operator keys."""
    async with running_app(tmp_path_factory.mktemp("keys"), api_keys=[KEY, OTHER_KEY]) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Sends no key by itself."""
    async with client_of(app) as client:
        yield client


async def refusal(client: httpx.AsyncClient, headers: dict[str, str] | list[tuple[str, str]] | None = None) -> str:
    """The code with which a request is refused."""
    answer = await client.get(PATH, headers=headers)
    body = answer.json()["error"]
    assert answer.status_code in (401, 403)
    assert body["type"] == ("authentication_error" if answer.status_code == 401 else "permission_error")
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    assert "CANARY" not in answer.text
    return str(body["code"])


# keys
@every_carrier
@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
async def test_every_configured_key_opens_in_every_header(client: httpx.AsyncClient, carry: Carry, key: str) -> None:
    assert (await client.get(PATH, headers=carry(key))).status_code == 200


async def test_without_a_key_there_is_no_answer(client: httpx.AsyncClient) -> None:
    assert await refusal(client) == "authentication_required"


@every_carrier
@pytest.mark.parametrize(
    "wrong",
    [
        KEY[:-1], KEY[1:], KEY + "x", KEY + "\t.", KEY[: len(KEY) // 2], KEY.lower(), KEY.upper(), KEY * 2,
        f"{KEY},{OTHER_KEY}", f"{KEY} {OTHER_KEY}", f"'{KEY}'", f'"{KEY}"', "x", "null", "undefined", "*", "%",
        hashlib.sha256(KEY.encode()).hexdigest(),
        "' OR '1'='1", "' OR 1=1 --", "'; DROP TABLE users; --", '" OR ""="', "admin'--", "1) UNION SELECT 1 --",
        "$ne", '{"$gt": ""}', "../../etc/passwd", "${jndi:ldap://x}", "x" * 7000,
    ],
)  # fmt: skip
async def test_anything_else_is_refused_in_every_header(client: httpx.AsyncClient, carry: Carry, wrong: str) -> None:
    assert await refusal(client, carry(wrong)) == "invalid_credentials"


@pytest.mark.parametrize("byte", [0x00, 0x0B, 0x1C, 0x1F, 0x7F, 0x85, 0xA0, 0xFF])
async def test_a_key_with_a_byte_more_is_another_key(client: httpx.AsyncClient, byte: int) -> None:
    extended = KEY.encode() + bytes([byte])
    for headers in ([(b"x-api-key", extended)], [(b"authorization", b"Bearer " + extended)]):
        answer = await client.get(PATH, headers=headers)
        assert answer.status_code == 401, byte


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
async def test_the_schemes_name_ignores_case(client: httpx.AsyncClient, scheme: str) -> None:
    assert (await client.get(PATH, headers={"Authorization": f"{scheme} {KEY}"})).status_code == 200


@pytest.mark.parametrize(
    "value",
    [KEY, f"Basic {KEY}", f"Token {KEY}", f"Bearer{KEY}", f"Bearer\t{KEY}", f"Bearer: {KEY}", "Bearer", "Bearer ", "",
     " ", f"Bearer Bearer {KEY}", f"Negotiate Bearer {KEY}", f"Digest username={KEY}"],
)  # fmt: skip
async def test_a_malformed_authorization_header_is_refused(client: httpx.AsyncClient, value: str) -> None:
    assert await refusal(client, {"Authorization": value}) == "invalid_credentials"


@pytest.mark.parametrize(
    "headers",
    [
        [("X-API-Key", KEY), ("Authorization", f"Bearer {OTHER_KEY}")],  # both valid, but they differ
        [("X-API-Key", KEY), ("Authorization", "Bearer wrong")],
        [("X-API-Key", "wrong"), ("Authorization", f"Bearer {KEY}")],
        [("X-API-Key", KEY), ("Authorization", f"Basic {KEY}")],
        [("X-API-Key", ""), ("Authorization", f"Bearer {KEY}")],
        [("X-API-Key", KEY), ("X-API-Key", "wrong")],
        [("X-API-Key", KEY), ("X-API-Key", OTHER_KEY)],
        [("Authorization", f"Bearer {KEY}"), ("Authorization", "Bearer wrong")],
    ],
)
async def test_two_credentials_that_differ_are_refused(
    client: httpx.AsyncClient, headers: list[tuple[str, str]]
) -> None:
    assert await refusal(client, headers) == "invalid_credentials"


async def test_the_same_key_twice_is_one_key(client: httpx.AsyncClient) -> None:
    assert (await client.get(PATH, headers=[("X-API-Key", KEY), ("X-API-Key", KEY)])).status_code == 200


@pytest.mark.parametrize("place", ["?api_key=", "?key=", "?access_token=", "?x-api-key="])
async def test_a_key_in_the_address_is_no_key(client: httpx.AsyncClient, place: str) -> None:
    assert (await client.get(f"{PATH}{place}{KEY}")).status_code == 401


async def test_a_key_in_a_cookie_is_no_key(client: httpx.AsyncClient) -> None:
    assert await refusal(client, {"Cookie": f"api_key={KEY}; Authorization={KEY}"}) == "authentication_required"


@pytest.mark.parametrize("key", ["schlüssel-mit-umlaut", "鍵-0123456789"])
async def test_a_key_may_have_any_letters(tmp_path: Path, key: str) -> None:
    async with running_app(tmp_path, api_keys=[key]) as app, client_of(app) as client:
        assert (await client.get(PATH, headers=[(b"x-api-key", key.encode())])).status_code == 200
        assert (await client.get(PATH, headers=[(b"x-api-key", key.encode()[:-1])])).status_code == 401


async def test_every_key_is_compared_whichever_matches() -> None:
    class Watched(list[bytes]):
        seen = 0

        def __iter__(self) -> Iterator[bytes]:
            for digest in super().__iter__():
                self.seen += 1
                yield digest

    keys = OperatorKeys(["a", "b", "c"])
    assert keys._digests == [hashlib.sha256(key.encode()).digest() for key in "abc"], "keys are held as whole hashes"
    for credential in ("a", "b", "c", "d", ""):
        keys._digests = watched = Watched(keys._digests)
        assert (await keys.check(credential) is not None) == (credential in {"a", "b", "c"})
        assert watched.seen == 3, "a match ended the comparison early"


async def test_no_key_is_shown_by_what_holds_it() -> None:
    assert KEY not in repr(OperatorKeys([KEY])) + str(vars(OperatorKeys([KEY])))


# the key of the first start
async def test_the_first_start_makes_a_long_key_that_its_owner_alone_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert stored_operator_key(folder) is None
    key = make_operator_key(folder)
    assert key.startswith(KEY_PREFIX)
    assert len(key) > 40
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stored_operator_key(folder) == key
    assert make_operator_key(folder) != key


async def test_a_gateway_without_configured_keys_opens_to_the_one_that_it_made(tmp_path: Path) -> None:
    async with running_app(tmp_path, api_keys=[]) as app, client_of(app) as client:
        made = app.state.new_operator_key
        assert (await client.get(PATH)).status_code == 401
        assert (await client.get(PATH, headers={"X-API-Key": made})).status_code == 200
    async with running_app(tmp_path, api_keys=[]) as app, client_of(app) as client:
        assert app.state.new_operator_key is None, "it is printed once"
        assert (await client.get(PATH, headers={"X-API-Key": made})).status_code == 200


# local mode
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local_app(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    """A gateway in local mode that has an operator key all the same."""
    async with running_app(tmp_path_factory.mktemp("local"), local_only=True) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local(local_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A program on this machine."""
    async with client_of(local_app) as client:
        yield client


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.8.9.1:1", "[::1]",
             "[::1]:8080"],
)  # fmt: skip
async def test_local_mode_needs_no_key_on_this_machine(local: httpx.AsyncClient, host: str) -> None:
    assert (await local.get(PATH, headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.1.2.3", "::1"])
async def test_every_loopback_address_is_this_machine(local_app: FastAPI, peer: str) -> None:
    async with client_of(local_app, peer=peer) as client:
        assert (await client.get(PATH)).status_code == 200


@pytest.mark.parametrize(
    "peer", ["192.168.1.5", "10.0.0.1", "8.8.8.8", "fe80::1", "2001:db8::1", "0.0.0.0", "testclient"]
)
async def test_another_machine_is_refused(local_app: FastAPI, peer: str) -> None:
    async with client_of(local_app, peer=peer) as client:
        assert await refusal(client) == "permission_denied"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost.",
        "0.0.0.0",
        "192.168.1.5",
        "[::]",
        "[::ffff:127.0.0.1]",
        "::1",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost/evil",
        "localhost#evil.example",
        "localhost?evil",
        "localhost\\evil",
        "localhost:80:80",
        "localhost:x",
        "localhost:999999",
        "[::1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "",
        " ",
        "localhost evil",
        "lócalhost",
        "*",
    ],
)
async def test_a_host_that_is_not_loopback_is_refused_as_a_rebinding(local: httpx.AsyncClient, host: str) -> None:
    assert await refusal(local, [(b"host", host.encode())]) == "permission_denied"  # type: ignore[list-item]


async def test_two_hosts_are_refused(local: httpx.AsyncClient) -> None:
    assert await refusal(local, [("Host", "localhost"), ("Host", "localhost")]) == "permission_denied"


@pytest.mark.parametrize(
    "name",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded-Server",
        "X-Forwarded",
        "X-Real-IP",
        "Via",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Client-IP",
        "X-Original-Host",
    ],
)
async def test_a_forwarded_request_is_refused(local: httpx.AsyncClient, name: str) -> None:
    assert await refusal(local, {name: "127.0.0.1"}) == "permission_denied"
    assert await refusal(local, {name: ""}) == "permission_denied"


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "http://evil.example:8080", "http://localhost:9999", "http://localhost",
     "http://localhost:8080.evil.example", "http://127.0.0.1:8080", "file://", "", "chrome-extension://x"],
)  # fmt: skip
async def test_another_sites_script_is_refused_by_its_origin(local: httpx.AsyncClient, origin: str) -> None:
    assert await refusal(local, {"Origin": origin}) == "permission_denied"


@pytest.mark.parametrize("origin", ["http://localhost:8080", "https://localhost:8080"])
async def test_its_own_origin_is_let_in(local: httpx.AsyncClient, origin: str) -> None:
    assert (await local.get(PATH, headers={"Origin": origin})).status_code == 200


async def test_two_origins_must_both_be_its_own(local: httpx.AsyncClient) -> None:
    headers = [("Origin", "http://localhost:8080"), ("Origin", "https://evil.example")]
    assert await refusal(local, headers) == "permission_denied"


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("", 403), ("none", 200),
                                              ("same-origin", 200)])  # fmt: skip
async def test_a_cross_site_fetch_is_refused(local: httpx.AsyncClient, site: str, status: int) -> None:
    assert (await local.get(PATH, headers={"Sec-Fetch-Site": site})).status_code == status


async def test_a_form_of_another_site_can_not_write(local: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await local.post("/v1/generate", content=b'{"input": {}}', headers={"Content-Type": kind})
        assert answer.status_code == 415


async def test_in_local_mode_any_key_will_do_on_this_machine_but_not_elsewhere(local_app: FastAPI) -> None:
    headers = {"Authorization": "Bearer sk-what-a-client-library-insists-on"}
    async with client_of(local_app, headers=headers) as client:
        assert (await client.get(PATH)).status_code == 200
        assert (await client.get(PATH, headers={"Origin": "https://evil.example"})).status_code == 403
    async with client_of(local_app, peer="10.0.0.1", headers=headers) as client:
        assert (await client.get(PATH)).status_code == 403


async def test_an_operator_key_still_opens_in_local_mode(local_app: FastAPI) -> None:
    async with client_of(local_app, peer="10.0.0.1", headers={"X-API-Key": KEY}) as client:
        assert (await client.get(PATH)).status_code == 200


async def test_two_keys_that_differ_are_refused_in_local_mode_too(local: httpx.AsyncClient) -> None:
    assert await refusal(local, {"X-API-Key": "a", "Authorization": "Bearer b"}) == "invalid_credentials"


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.0.1", False), ("example.org", False), ("", False)],
)  # fmt: skip
async def test_only_loopback_addresses_are_this_machines_alone(address: str, loopback: bool) -> None:
    assert is_loopback_address(address) is loopback
