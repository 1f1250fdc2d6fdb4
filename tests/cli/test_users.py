"""`pluggably users`: accounts without a server, and beside a running one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.command import Command
from tests.factories.people import PASSWORD, log_in, person

pytestmark = pytest.mark.req("SYS-REQ-037")


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
async def client(command: Command) -> AsyncIterator[httpx.AsyncClient]:
    """A running server on the same database."""
    async with running_app(command.folder / "data") as app, client_of(app) as client:
        yield client


async def test_the_first_admin_is_made_without_a_server(command: Command) -> None:
    made = await command("users", "create", "ada", "--email", "Ada@example.org", "--admin", given=f"{PASSWORD}\n")
    assert made.status == 0, made.err
    assert PASSWORD not in made.out + made.err
    listed = (await command("users", "list", "--json")).json()["users"]
    assert [(user["username"], user["email"], user["role"]) for user in listed] == [
        ("ada", "ada@example.org", "admin"),
        ("operator", None, "admin"),
    ]
    async with running_app(command.folder / "data") as app, client_of(app) as client:
        answer = await log_in(client, "ada")
        assert answer.json()["user"]["role"] == "admin"


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("users", "create", "ada"), "short\n", "password: should have at least 8 characters"),
        (("users", "create"), f"{PASSWORD}\n", "an account needs a user name or an email address"),
        (("users", "create", "operator"), f"{PASSWORD}\n", "Another account has this address or this name."),
        (("users", "disable", "operator"), "", "The built-in user stands for"),
        (("users", "disable", "nobody"), "", "There is no user 'nobody'."),
        (("users", "link", "nobody", "--subject", "x"), "", "no issuer is configured"),
    ],
)
async def test_what_can_not_be_is_told_in_one_line(
    command: Command, arguments: tuple[str, ...], given: str, said: str
) -> None:
    result = await command(*arguments, given=given)
    assert result.status in (1, 2)
    assert said in result.err
    assert len(result.err.splitlines()) == 1
    assert PASSWORD not in result.err


@pytest.mark.alone
async def test_a_running_server_obeys_within_a_second(command: Command, client: httpx.AsyncClient) -> None:
    await command("users", "create", "ada", given=f"{PASSWORD}\n")
    token = (await log_in(client, "ada")).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/v1/users", headers=headers)).status_code == 403

    async def comes(status: int, path: str = "/v1/users") -> None:
        async with asyncio.timeout(1.5):
            while (await client.get(path, headers=headers)).status_code != status:
                await asyncio.sleep(0.05)

    assert (await command("users", "role", "ada", "admin")).status == 0
    await comes(200)
    assert (await command("users", "disable", "ADA")).status == 0
    await comes(401)
    assert (await log_in(client, "ada")).status_code == 403
    assert (await command("users", "enable", "ada")).status == 0
    assert (await command("users", "password", "ada", given="quite another one\n")).status == 0
    assert (await log_in(client, "ada")).status_code == 401
    assert (await log_in(client, "ada", "quite another one")).status_code == 200
    audit = (await client.get("/v1/audit?action=user.changed", headers=AUTHORISED)).json()["audit"]
    assert {entry["actor_kind"] for entry in audit} == {"command_line"}
    assert [entry["details"] for entry in audit] == [{"disabled": False}, {"disabled": True}, {"role": "admin"}]


async def test_an_invite_of_the_command_line_lets_somebody_in(command: Command, client: httpx.AsyncClient) -> None:
    token = (await command("users", "invite", "--email", "grace@example.org", "--quiet")).out.strip()
    body = {"email": "Grace@Example.org", "password": PASSWORD, "invite_token": token}
    assert (await client.post("/v1/users/register", json=body)).status_code == 201


async def test_a_subject_is_bound_once(command: Command) -> None:
    for name in ("ada", "grace"):
        await command("users", "create", name, "--no-password")
    issuer = ("--issuer", "https://id.example.org")
    for _ in range(2):
        assert (await command("users", "link", "ada", "--subject", "s1", *issuer)).status == 0
    taken = await command("users", "link", "grace", "--subject", "s1", *issuer)
    assert taken.status == 1
    assert "This subject is ada already" in taken.err


async def test_the_help_shows_how(command: Command) -> None:
    shown = (await command("users", "create", "--help")).out
    assert "pluggably users create ada --admin" in shown


async def test_someone_is_found_by_id_too(command: Command) -> None:
    async with running_app(command.folder / "data") as app:
        owner = await person(app, "ada")
    assert (await command("users", "disable", owner.id, "--quiet")).out.strip() == owner.id
