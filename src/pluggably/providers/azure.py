"""Azure OpenAI: OpenAI's chat completions at a resource of one's own; what a request calls model is a deployment.

The base URL is the resource's, `https://RESOURCE.openai.azure.com`. Without a version the calls go to the undated v1
form, `/openai/v1/chat/completions`; with `api_version` to the dated one of a deployment. The list of models tells
what could be deployed, not what is, so it is not asked: deployments are named by the operator.

Source of the format: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle and …/reference
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from pluggably.contract.credentials import HeaderKey, OAuthToken
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Place, Provider
from pluggably.providers._openai_shape import ChatFormat
from pluggably.providers._translation import model_in_path

_V1 = "/openai/v1"


class AzureChat(ChatFormat):
    """Text from a deployment, in the undated form or in that of `api_version`."""

    def __init__(self, api_version: str | None = None) -> None:
        super().__init__(max_tokens="max_completion_tokens", vendor="Azure")
        self._api_version = api_version

    def path(self, model: str) -> str:
        """The deployment is in the path of the dated form, and in the body of the other."""
        if self._api_version is None:
            return "/chat/completions"
        version = quote(self._api_version, safe="")
        return f"/openai/deployments/{model_in_path(model)}/chat/completions?api-version={version}"


def placed(provider: Provider, place: Place) -> Provider:
    """The provider at one resource. Raises `ValueError` without an address."""
    if place.base_url is None:
        raise ValueError("BASE_URL is needed: the address of the resource, https://RESOURCE.openai.azure.com")
    root = place.base_url.rstrip("/").removesuffix(_V1)
    adapters: Mapping[Modality, AzureChat] = {Modality.TEXT: AzureChat(place.api_version)}
    return replace(provider, base_url=root if place.api_version else root + _V1, adapters=adapters)


provider = Provider(
    name="azure",
    title="Azure OpenAI",
    base_url=None,
    adapters={Modality.TEXT: AzureChat()},
    credentials=(HeaderKey("api-key"), OAuthToken()),
    placed=placed,
)
