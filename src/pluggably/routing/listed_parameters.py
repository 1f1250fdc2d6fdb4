"""The parameters of the models that a provider lists: OpenAI's, but for what its adapter says of its vendor."""

from __future__ import annotations

from pluggably.contract.modality import Modality
from pluggably.contract.provider import HasParameters, ParameterSchema, Provider


class ListedParameters:
    """Schemas by provider, each made once from `base`, that of a vendor that speaks OpenAI's chat completions."""

    def __init__(self, base: ParameterSchema) -> None:
        self._base = base
        self._known: dict[str, ParameterSchema] = {}

    def of(self, provider: Provider) -> ParameterSchema:
        """The schema of a provider's text models."""
        known = self._known.get(provider.name)
        if known is None:
            known = self._known[provider.name] = self._make(provider)
        return known

    def _make(self, provider: Provider) -> ParameterSchema:
        adapter = provider.adapters.get(Modality.TEXT)
        if not isinstance(adapter, HasParameters) or not (differing := adapter.parameters()):
            return self._base
        properties = dict(self._base.get("properties", {}))
        for name, own in differing.items():
            if own is None:
                properties.pop(name, None)
            else:
                properties[name] = {**properties.get(name, {}), **own}
        return {**self._base, "properties": properties}
