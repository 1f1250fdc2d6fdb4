"""`pluggably limits`: what users and tokens may use, and what is used of it, at a running server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pluggably.cli._output import Failed, printable, table
from pluggably.cli._server import connected
from pluggably.cli._state import State, state_of, with_server_options

if TYPE_CHECKING:
    from rich.table import Table

    from pluggably_client import Pluggably
    from pluggably_client.models import LimitsRead, MyLimits

_NONE = "none"
_DEFAULTS = "use_defaults"

app = typer.Typer(
    no_args_is_help=True,
    help="""Show and set how much users and tokens may use, at a running server.

    \b
    pluggably limits show ada
    pluggably limits set ada --tokens-per-day 200000
    """,
)

Who = Annotated[
    str | None, typer.Argument(help="A user name, an email address or an id; none: oneself.", metavar="[USER]")
]
Token = Annotated[str | None, typer.Option("--token", help="The id of one of one's own tokens.", metavar="ID")]


def _limit(name: str, help_: str) -> Any:
    return typer.Option(f"--{name}", help=f"{help_}; `none`: no limit of its own.", metavar="NUMBER")


@app.command()
@with_server_options
def show(
    ctx: typer.Context,
    user: Who = None,
    token: Token = None,
) -> None:
    """Show what holds for a user or a token, and what is used of it.

    \b
    pluggably limits show
    pluggably limits show ada
    pluggably limits show --token tok_01abc --json
    """
    _one_of(user, token)
    state = state_of(ctx)
    with connected(state) as client:
        found = _limits(client, None if user is None else _id_of(client, user), token)
    _show(state, found)


@app.command("set")
@with_server_options
def set_limits(
    ctx: typer.Context,
    user: Who = None,
    token: Token = None,
    requests_per_minute: Annotated[str | None, _limit("requests-per-minute", "In any 60 seconds")] = None,
    tokens_per_minute: Annotated[str | None, _limit("tokens-per-minute", "In any 60 seconds")] = None,
    tokens_per_day: Annotated[str | None, _limit("tokens-per-day", "In a day of UTC")] = None,
    tokens_per_month: Annotated[str | None, _limit("tokens-per-month", "In a month of UTC")] = None,
    cost_usd_per_day: Annotated[str | None, _limit("cost-usd-per-day", "US dollars in a day of UTC")] = None,
    cost_usd_per_month: Annotated[str | None, _limit("cost-usd-per-month", "US dollars in a month of UTC")] = None,
    defaults: Annotated[
        bool | None,
        typer.Option("--defaults/--no-defaults", help="Whether everybody's limits hold where none is set."),
    ] = None,
) -> None:
    """Set limits of a user or a token; those that are not named stay. They hold at once.

    \b
    pluggably limits set ada --tokens-per-day 200000 --cost-usd-per-month 20
    pluggably limits set ada --tokens-per-day none
    pluggably limits set --token tok_01abc --requests-per-minute 10
    """
    given = {
        "requests_per_minute": requests_per_minute,
        "tokens_per_minute": tokens_per_minute,
        "tokens_per_day": tokens_per_day,
        "tokens_per_month": tokens_per_month,
        "cost_usd_per_day": cost_usd_per_day,
        "cost_usd_per_month": cost_usd_per_month,
    }
    changes: dict[str, Any] = {name: _number(name, text) for name, text in given.items() if text is not None}
    if defaults is not None:
        changes[_DEFAULTS] = defaults
    _one_of(user, token)
    if user is None and token is None:
        raise typer.BadParameter("name a user, or a token with --token", param_hint="USER")
    if not changes:
        raise typer.BadParameter("name at least one limit, such as --tokens-per-day 200000")
    state = state_of(ctx)
    with connected(state) as client:
        user_id = None if user is None else _id_of(client, user)
        wanted = {**_limits(client, user_id, token).own.to_json(), **changes}
        found = client.set_token_limits(token, wanted) if token else client.set_limits(str(user_id), wanted)
    _show(state, found)


def _one_of(user: str | None, token: str | None) -> None:
    if user is not None and token is not None:
        raise typer.BadParameter("a token is its user's: name one of the two", param_hint="--token")


def _number(name: str, text: str) -> float | int | None:
    if text == _NONE:
        return None
    try:
        return float(text) if name.startswith("cost") else int(text)
    except ValueError:
        option = "--" + name.replace("_", "-")
        raise typer.BadParameter(f"{text!r} is neither a number nor `{_NONE}`", param_hint=option) from None


def _id_of(client: Pluggably, who: str) -> str:
    """The id of a user who is named by it, by name or by address. Raises `Failed`."""
    wanted = who.casefold()
    for user in client.iter_users():
        if who == user.id or wanted in ((user.username or "").casefold(), (user.email or "").casefold()):
            return user.id
    raise Failed(f"There is no user {who!r}. `pluggably users list` shows them all.")


def _limits(client: Pluggably, user_id: str | None, token: str | None) -> LimitsRead | MyLimits:
    if token is not None:
        return client.get_token_limits(token)
    return client.my_limits() if user_id is None else client.get_limits(user_id)


def _show(state: State, found: LimitsRead | MyLimits) -> None:
    state.output.emit(
        found.to_json(),
        ids=[name for name, one in found.limits.items() if one.limit is not None],
        human=lambda: _table(found),
    )


def _table(found: LimitsRead | MyLimits) -> Table:
    numbers = ("LIMIT", "USED", "SET ASIDE", "LEFT")
    shown = table("WHAT", *numbers, "WHOSE", "FREE AGAIN", right=numbers)
    for name, one in found.limits.items():
        whose = "-" if one.limit is None else ("own" if getattr(found.own, name, None) is not None else "everybody's")
        amounts = [
            "-" if value is None else f"{value:,}" for value in (one.limit, one.used, one.reserved, one.remaining)
        ]
        free = "-" if one.limit is None or one.resets_at is None else f"{one.resets_at:%Y-%m-%d %H:%M} UTC"
        shown.add_row(printable(name), *amounts, whose, free)
    return shown
