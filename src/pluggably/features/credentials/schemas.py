"""Provider keys as the API takes and shows them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from pluggably.kit.clock import WireTime
from pluggably.tables.provider_keys import CredentialType


def _as_text(value: Any) -> Any:
    """A document that came as JSON, as its text."""
    return json.dumps(value) if isinstance(value, dict) else value


def _stripped(value: Any) -> Any:
    """Keys are pasted, often with a line's end."""
    return value.strip() if isinstance(value, str) else value


Secret = Annotated[SecretStr, BeforeValidator(_stripped)]


Document = Annotated[SecretStr, BeforeValidator(_as_text), Field(json_schema_extra={"type": ["object", "string"]})]


class ProviderKeyCreate(BaseModel):
    """A credential. What a provider takes is in `credential_types` of `GET /v1/providers`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    provider: str = Field(max_length=64, examples=["openai"])
    credential_type: CredentialType
    api_key: Secret | None = Field(None, description="With `api_key` and `endpoint_key`.", max_length=8192)
    endpoint: Annotated[str, BeforeValidator(_stripped)] | None = Field(
        None, description="The base URL that the key is for, with `endpoint_key`.", max_length=2048
    )
    service_account_json: Document | None = Field(
        None, description="A service account's JSON key, as JSON or as its text.", max_length=32768
    )
    oauth_token: Secret | None = Field(None, description="An access token that was got elsewhere.", max_length=8192)

    def fields(self) -> dict[str, str]:
        """What was given, in the clear, by the names of the fields."""
        given = {
            "api_key": self.api_key,
            "service_account_json": self.service_account_json,
            "oauth_token": self.oauth_token,
        }
        fields = {name: secret.get_secret_value() for name, secret in given.items() if secret is not None}
        return fields if self.endpoint is None else {**fields, "endpoint": self.endpoint}


class ProviderKeyRead(BaseModel):
    """A credential as its owner sees it again."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    provider: str
    credential_type: CredentialType
    masked_key: str = Field(description="Enough to tell keys apart.", examples=["sk-…abcd"])
    created_at: WireTime


class ProviderKeyList(BaseModel):
    """The caller's credentials, newest first."""

    provider_keys: list[ProviderKeyRead]
    next_cursor: str | None = None


class CheckRead(BaseModel):
    """What the provider says of a credential."""

    provider: str
    valid: bool | None = Field(description="Null where the provider has no call that tells.")
    message: str
    models: int | None = Field(description="How many models it unlocks.")
