"""Users without accounts: an application that knows some tokens by heart."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from fastapi import FastAPI

from pluggably.features.users.authentication import SCOPES, Authenticator, Caller, OperatorKeys
from tests.factories.apps import KEY, client_of


class Persons:
    """Tokens of users, each with all scopes. Implements `CredentialCheck`."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = users

    async def check(self, credential: str) -> Caller | None:
        """The user whose token it is."""
        user_id = self._users.get(credential)
        return Caller(user_id, False, SCOPES, "token") if user_id is not None else None


def let_in(app: FastAPI, *names: str) -> list[httpx.AsyncClient]:
    """A client for each person; their user ids are their names. The operator's key goes on to be good."""
    tokens = {f"pgy_{name}": name for name in names}
    app.state.authenticator = Authenticator([OperatorKeys([KEY]), Persons(tokens)], local_mode=False)
    return [client_of(app, headers={"x-api-key": token}) for token in tokens]
