"""Users, tokens and invites as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from pluggably.contract.modality import Modality
from pluggably.features.users.names import Email, GivenPassword, NewPassword, Username
from pluggably.kit.bodies import Body, JsonObject, Line
from pluggably.kit.clock import WireTime
from pluggably.tables.api_tokens import ApiTokenTable
from pluggably.tables.invites import InviteTable
from pluggably.tables.users import Role, UserTable

Scope = Literal["read", "generate", "manage"]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


class PreferredModels(Body):
    """The models that `auto` chooses, or providers whose models go first; what is gone is passed over. What is left
    out stays, null takes it away."""

    text: ModelName | None = Field(None, examples=["smollm2-135m-instruct.Q4_1"])
    image: ModelName | None = None
    mesh: ModelName | None = Field(None, alias="3d")


class Profile(BaseModel):
    """A user, as that user sees it."""

    id: str
    email: str | None
    username: str | None
    display_name: str | None
    role: Role
    preferred_models: PreferredModels
    preferences: dict[str, object] = Field(description="the user interface's own")
    created_at: WireTime

    @classmethod
    def of(cls, user: UserTable) -> Profile:
        """The profile in a row."""
        known = {modality.value for modality in Modality}
        preferred = {name: model for name, model in user.preferred_models.items() if name in known}
        return cls(
            id=user.id,
            email=user.email,
            username=user.username,
            display_name=user.display_name,
            role=user.role,
            preferred_models=PreferredModels.model_validate(preferred),
            preferences=user.preferences,
            created_at=user.created_at,
        )


class ProfileChange(Body):
    """What is absent or null stays as it is."""

    email: Email | None = None
    username: Username | None = None
    display_name: Line | None = None
    preferred_models: PreferredModels | None = None
    preferences: JsonObject | None = Field(
        None, description="Merged by name; a null takes a name away. At most 64 KiB.", examples=[{"layout": "chat"}]
    )


class Registration(Body):
    """A new account; it needs an address or a user name."""

    email: Email | None = None
    username: Username | None = None
    password: NewPassword
    invite_token: Annotated[str, StringConstraints(max_length=255)] | None = None
    display_name: Line | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.email is None and self.username is None:
            raise ValueError("needs `email` or `username`")
        return self


class Login(Body):
    """Who logs in: by address or by user name."""

    email: Email | None = None
    username: Username | None = None
    password: GivenPassword
    cookie: bool | None = Field(None, description="Set a cookie in place of giving a token.")

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.email is None) == (self.username is None):
            raise ValueError("needs either `email` or `username`")
        return self


class LoggedIn(BaseModel):
    """What a login gives. With a cookie there is no token here."""

    token: str | None
    token_type: Literal["bearer", "cookie"]
    expires_at: WireTime
    user: Profile


class PasswordChange(Body):
    """Both passwords."""

    current_password: GivenPassword
    new_password: NewPassword


class UserRead(BaseModel):
    """A user, as admins see it: preferences are the user's own."""

    id: str
    email: str | None
    username: str | None
    display_name: str | None
    role: Role
    disabled: bool
    created_at: WireTime

    @classmethod
    def of(cls, user: UserTable) -> UserRead:
        """The user in a row."""
        return cls.model_validate(user, from_attributes=True)


class UserList(BaseModel):
    """Users, newest first."""

    users: list[UserRead]
    next_cursor: str | None


class UserChange(Body):
    """What is absent or null stays as it is."""

    role: Role | None = None
    disabled: bool | None = Field(None, description="True stops everything of theirs at once.")


class TokenCreate(Body):
    """A new token."""

    name: Line = Field(examples=["laptop"])
    scopes: list[Scope] | None = Field(
        None,
        description="None: those of the credential that makes it. More than these: 403.",
        min_length=1,
        max_length=8,
    )
    expires_days: int | None = Field(None, ge=1, le=3650, description="None: it lasts as long as what makes it.")


class TokenRead(BaseModel):
    """A token without the secret."""

    id: str
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: WireTime
    last_used_at: WireTime | None = Field(description="to the minute, about")
    expires_at: WireTime | None

    @classmethod
    def of(cls, token: ApiTokenTable) -> TokenRead:
        """The token in a row."""
        return cls.model_validate(token, from_attributes=True)


class TokenCreated(BaseModel):
    """The one time that a token is shown."""

    token: str
    info: TokenRead


class TokenList(BaseModel):
    """One's own tokens, newest first."""

    tokens: list[TokenRead]
    next_cursor: str | None


class InviteCreate(Body):
    """A new invite."""

    expires_days: int | None = Field(None, ge=1, le=365, description="None: 7.")
    max_uses: int | None = Field(None, ge=1, le=10_000, description="None: 1.")
    email: Email | None = Field(None, description="Whose it is alone; none: whoever has it may use it.")


class InviteCreated(BaseModel):
    """The one time that an invite's token is shown."""

    invite_token: str
    id: str
    expires_at: WireTime
    max_uses: int


class InviteRead(BaseModel):
    """An invite without the secret."""

    id: str
    email: str | None
    max_uses: int
    uses: int
    created_by: str
    created_at: WireTime
    expires_at: WireTime

    @classmethod
    def of(cls, invite: InviteTable) -> InviteRead:
        """The invite in a row."""
        return cls.model_validate(invite, from_attributes=True)


class InviteList(BaseModel):
    """Invites, newest first."""

    invites: list[InviteRead]
    next_cursor: str | None
