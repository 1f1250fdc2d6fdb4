"""`pluggably users`: accounts, on the database itself, with or without a running server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from pluggably.cli._output import Failed, table
from pluggably.cli._state import State, state_of, with_options
from pluggably.cli.db import reaching_the_database

if TYPE_CHECKING:
    from pluggably.features.users.administration import Administration
    from pluggably.features.users.schemas import UserRead

Result = TypeVar("Result")

app = typer.Typer(
    no_args_is_help=True,
    help="""Make and change accounts, with or without a running server. A running one obeys within a second.

    \b
    pluggably users create ada --admin
    pluggably users list
    pluggably users invite --email grace@example.org
    """,
)

Who = Annotated[str, typer.Argument(help="A user name, an email address or an id.", metavar="USER")]


@app.command()
@with_options
def create(
    ctx: typer.Context,
    username: Annotated[str | None, typer.Argument(help="The user name.", metavar="[USERNAME]")] = None,
    email: Annotated[str | None, typer.Option("--email", help="The email address.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The name that is shown.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Make an admin.")] = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Nobody can log in: for `link` and for tokens.")
    ] = False,
) -> None:
    """Make an account, and be the one who says who is an admin.

    \b
    pluggably users create ada --admin
    pluggably users create --email grace@example.org
    echo "$PASSWORD" | pluggably users create robot

    The password is asked for twice at a terminal, else it is read from the first line of the input.
    """
    from pydantic import ValidationError

    from pluggably.features.users.administration import NewUser
    from pluggably.tables.users import Role

    state = state_of(ctx)
    try:
        wanted = NewUser(
            username=username,
            email=email,
            display_name=name,
            password=None if no_password else _password(),
            role=Role.ADMIN if admin else Role.USER,
        )
    except ValidationError as error:
        raise _explained(error) from error
    _show(state, _on_database(state, lambda people: people.create(wanted)), "made")


@app.command("list")
@with_options
def list_users(ctx: typer.Context) -> None:
    """List all users, newest first.

    \b
    pluggably users list
    pluggably users list --json
    """
    state = state_of(ctx)
    users = _on_database(state, lambda people: people.users())

    def human() -> Any:
        shown = table("ID", "NAME", "EMAIL", "ROLE", "STATE", "MADE")
        for user in users:
            made = user.created_at.date().isoformat()
            state_now = "disabled" if user.disabled else "active"
            shown.add_row(user.id, user.username or "-", user.email or "-", user.role.value, state_now, made)
        return shown

    data = [user.model_dump(mode="json") for user in users]
    state.output.emit({"users": data}, ids=[user.id for user in users], human=human)


@app.command()
@with_options
def disable(
    ctx: typer.Context,
    user: Who,
) -> None:
    """Stop everything of a user's at once: logins, tokens, running requests.

    \b
    pluggably users disable ada
    """
    state = state_of(ctx)
    _show(state, _on_database(state, lambda people: people.change(user, disabled=True)), "disabled")


@app.command()
@with_options
def enable(
    ctx: typer.Context,
    user: Who,
) -> None:
    """Let a user in again; tokens work again, logins begin anew.

    \b
    pluggably users enable ada
    """
    state = state_of(ctx)
    _show(state, _on_database(state, lambda people: people.change(user, disabled=False)), "enabled")


@app.command()
@with_options
def role(
    ctx: typer.Context,
    user: Who,
    to: Annotated[str, typer.Argument(help="`admin` or `user`.", metavar="ROLE")],
) -> None:
    """Make an admin of a user, or the other way round.

    \b
    pluggably users role ada admin
    """
    if to not in ("admin", "user"):
        raise typer.BadParameter("is neither `admin` nor `user`", param_hint="ROLE")
    state = state_of(ctx)
    _show(state, _on_database(state, lambda people: people.change(user, role=to)), f"now: {to}")


@app.command()
@with_options
def password(
    ctx: typer.Context,
    user: Who,
) -> None:
    """Give a user another password; all logins end.

    \b
    pluggably users password ada
    echo "$PASSWORD" | pluggably users password ada
    """
    from pydantic import ValidationError

    from pluggably.features.users.administration import NewSecret

    state = state_of(ctx)
    try:
        wanted = NewSecret(password=_password())
    except ValidationError as error:
        raise _explained(error) from error
    _show(state, _on_database(state, lambda people: people.set_password(user, wanted.password)), "has a new password")


@app.command()
@with_options
def link(
    ctx: typer.Context,
    user: Who,
    subject: Annotated[str, typer.Option("--subject", help="The `sub` of the user's external JWTs.")],
    issuer: Annotated[str | None, typer.Option("--issuer", help="Their `iss`. Default: the configured one.")] = None,
) -> None:
    """Say who a subject of your identity provider is here.

    \b
    pluggably users link ada --subject 248289761001
    """
    state = state_of(ctx)
    named = issuer or state.load().settings.oidc.issuer
    if named is None:
        raise typer.BadParameter("no issuer is configured; name one", param_hint="--issuer")
    _show(state, _on_database(state, lambda people: people.link(user, named, subject)), f"is {subject}")


@app.command()
@with_options
def invite(
    ctx: typer.Context,
    email: Annotated[str | None, typer.Option("--email", help="Whose it is alone.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="How long it is good for.")] = 7,
    uses: Annotated[int, typer.Option("--uses", min=1, max=10_000, help="How many may register with it.")] = 1,
) -> None:
    """Make an invite and print its token, this once.

    \b
    pluggably users invite
    pluggably users invite --email grace@example.org --days 2
    """
    from pydantic import ValidationError

    from pluggably.features.users.schemas import InviteCreate

    state = state_of(ctx)
    try:
        wanted = InviteCreate(email=email, expires_days=days, max_uses=uses)
    except ValidationError as error:
        raise _explained(error) from error
    made = _on_database(state, lambda people: people.invite(wanted))
    state.output.note(f"Good for {days} days and {uses} registration{'s' if uses > 1 else ''}.")
    state.output.emit(made.model_dump(mode="json"), ids=[made.invite_token], human=lambda: made.invite_token)


def _on_database(state: State, do: Callable[[Administration], Awaitable[Result]]) -> Result:
    """Bring the database up to date and do something with its accounts."""
    from pluggably.kit import migrations

    url = state.load().settings.database

    @asynccontextmanager
    async def opened() -> AsyncIterator[Administration]:
        from pluggably.features.users.administration import Administration
        from pluggably.kit.database import Database

        database = Database(url)
        try:
            yield Administration(database)
        finally:
            await database.close()

    async def run() -> Result:
        async with opened() as people:
            return await do(people)

    with reaching_the_database():
        migrations.upgrade(url)
        return asyncio.run(run())


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _show(state: State, user: UserRead, what: str) -> None:
    name = user.username or user.email or user.display_name
    state.output.emit(user.model_dump(mode="json"), ids=[user.id], human=lambda: f"{name} ({user.id}): {what}")


def _explained(error: Any) -> Failed:
    """What is wrong with the input, without its values."""
    from pluggably.kit.validation import fields_of

    found = fields_of(error.errors(include_url=False, include_input=False))
    return Failed("; ".join(f"{item['field']}: {item['message']}" for item in found).replace("body: ", ""))
