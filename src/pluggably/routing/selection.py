"""Chooses the model that answers a request. An invalid choice is an error, never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from pluggably.contract.modality import Modality
from pluggably.contract.provider import RemoteModel
from pluggably.errors import (
    ModalityMismatch,
    ModelNotFound,
    ModelUnavailable,
    ProviderNotFound,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.providers.directory import ProviderDirectory
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry, not_found
from pluggably.routing.listed_parameters import ListedParameters
from pluggably.routing.remote_models import remote_entry

AUTO = "auto"
SelectionMode = Literal["auto", "free_only", "commercial_only", "model"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request says about who shall answer it."""

    model: str | None = None
    provider: str | None = None
    modality: Modality | None = None
    mode: SelectionMode = "auto"
    has_images: bool = False
    embeddings: bool = False
    """Vectors are wanted, no answer."""
    preferred: Mapping[str, str] = field(default_factory=dict)
    """The caller's own preferred models, by modality."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A model that did not answer: the code and the message of its error, and how long that took.

    `provider` is None where the name that was configured is no model's.
    """

    model: str
    provider: str | None
    code: str
    message: str
    ms: int

    def describe(self) -> dict[str, Any]:
        """As in the `attempts` of a response."""
        return {
            "model": self.model,
            "provider": self.provider,
            "code": self.code,
            "message": self.message,
            "ms": self.ms,
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """Who answers, and why. `fallback_reason` is why the model that was chosen first does not; `attempts` are those
    that were tried before this one."""

    entry: Entry
    requested: str
    reason: str
    fallback_reason: str | None = None
    attempts: tuple[Attempt, ...] = ()

    def describe(self) -> dict[str, Any]:
        """The `selection` object of a response."""
        return {
            "selected_model": self.entry.id,
            "selected_provider": self.entry.provider,
            "requested": self.requested,
            "reason": self.reason,
            "fallback_used": self.fallback_reason is not None,
            "fallback_reason": self.fallback_reason,
            "attempts": [attempt.describe() for attempt in self.attempts],
        }


class Selector:
    """Chooses from the catalogue.

    `defaults` are model ids by modality, as configured; `listed_schema` is the parameter schema of a provider's
    model that is not in the catalogue.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        providers: ProviderDirectory,
        defaults: dict[Modality, str],
        listed_schema: dict[str, Any],
    ) -> None:
        self.catalogue = catalogue
        self._providers = providers
        self._defaults = defaults
        self._parameters = ListedParameters(listed_schema)

    def select(self, wish: Wish) -> Selection:
        """The choice for a wish. Raises what `choose` does, and `ModelUnavailable`."""
        selection = self.choose(wish)
        refuse_unavailable(selection.entry)
        return selection

    def choose(self, wish: Wish) -> Selection:
        """The choice for a wish, whether or not an explicit model is available.

        Raises `ModelNotFound` (with suggestions), `ProviderNotFound`, `ModalityMismatch`, `ValidationFailed` with the
        candidates where several providers have a model of that name, or `UnsupportedFeature` for a model that makes
        embeddings where answers are wanted, or the other way round.
        """
        if wish.provider is not None and wish.provider != LOCAL and self._providers.get(wish.provider) is None:
            raise self._provider_not_found(wish.provider)
        if wish.model is None or wish.model == AUTO:
            return self._automatic(wish)
        entry, reason = self._explicit(wish.model, wish.provider, wish.modality)
        if wish.modality is not None and entry.modality != wish.modality:
            raise ModalityMismatch(
                f"{entry.id} makes {entry.modality.value}, but the request says modality {wish.modality.value!r}.",
                param="modality",
            )
        if not self._allowed(entry, wish):
            raise ValidationFailed.of("selection_mode", f"{wish.mode!r} excludes {entry.id}")
        if wish.embeddings and not self._makes_vectors(entry):
            raise UnsupportedFeature(f"{entry.id} makes no embeddings.", param="model")
        if not wish.embeddings and entry.capabilities.get("embeddings"):
            raise UnsupportedFeature(f"{entry.id} makes embeddings, not answers.", param="model")
        return Selection(entry, wish.model, reason)

    def default_for(self, modality: Modality, wish: Wish | None = None) -> tuple[Entry, str] | None:
        """What `auto` chooses for a modality, and why."""
        wish = wish or Wish()
        fitting = [entry for entry in self._fitting(modality, wish) if entry.status == "available"]
        named = (
            (wish.preferred.get(modality.value), "preferred"),
            (self._defaults.get(modality), "default_for_modality"),
        )
        for name, reason in named:
            if name is None:
                continue
            by_id = [entry for entry in fitting if entry.id == name]  # an id goes before other names
            for entry in (*by_id, *fitting):
                if name in (entry.id, entry.name, f"{entry.provider}:{entry.name}"):
                    return entry, reason
        for entry in fitting:
            if entry.is_default:
                return entry, "default_for_modality"
        if not fitting:
            return None
        # Models on this machine go first, so that nothing is spent that nobody asked for.
        return min(fitting, key=lambda entry: entry.provider != LOCAL), "first_available"

    def _automatic(self, wish: Wish) -> Selection:
        modality = wish.modality
        if modality is None and wish.has_images:
            chosen = self.default_for(Modality.IMAGE, wish) or self.default_for(Modality.TEXT, wish)
            modality = Modality.IMAGE
        else:
            modality = modality or Modality.TEXT
            chosen = self.default_for(modality, wish)
        if chosen is None:
            if wish.embeddings:
                raise ModelNotFound("No model that makes embeddings is available.", param="model")
            taking = " that takes images" if wish.has_images else ""
            hint = " Put a GGUF file into a model folder, or run `pluggably pull starter`."
            raise ModelNotFound(
                f"No {modality.value} model{taking} is available.{hint if modality is Modality.TEXT else ''}",
                param="model",
            )
        return Selection(chosen[0], AUTO, chosen[1])

    def _fitting(self, modality: Modality, wish: Wish) -> list[Entry]:
        return [
            entry
            for entry in self.catalogue.entries()
            if entry.modality == modality
            and (wish.provider is None or entry.provider == wish.provider)
            and (not wish.has_images or entry.takes_images)
            and bool(entry.capabilities.get("embeddings")) == wish.embeddings
            and (not wish.embeddings or self._makes_vectors(entry))
            and self._allowed(entry, wish)
        ]

    def _explicit(self, model: str, provider: str | None, wanted: Modality | None) -> tuple[Entry, str]:
        entry = self.catalogue.get(model)
        if entry is not None and provider in (None, entry.provider):
            return entry, "model_id"
        prefix, colon, name = model.partition(":")
        if colon and name and provider in (None, prefix) and (prefix == LOCAL or self._providers.get(prefix)):
            return self._of_provider(prefix, name, wanted), "provider_and_model"
        if colon and provider is None and self._providers.is_known(prefix):
            raise self._provider_not_found(prefix)
        if provider is not None:
            return self._of_provider(provider, model, wanted), "provider_and_model"
        candidates = self.catalogue.named(model)
        if len(candidates) > 1:
            ids = sorted(candidate.id for candidate in candidates)
            raise ValidationFailed.of("model", f"several providers have {model!r}: say one of {', '.join(ids)}")
        if candidates:
            return candidates[0], "model_name"
        raise not_found(self.catalogue, model)

    def _of_provider(self, provider: str, name: str, wanted: Modality | None) -> Entry:
        for entry in self.catalogue.named(name):
            if entry.provider == provider:
                return entry
        by_id = self.catalogue.get(f"{provider}:{name}") or self.catalogue.get(name)
        if by_id is not None and by_id.provider == provider:
            return by_id
        configured = self._providers.get(provider)
        if configured is None:
            raise not_found(self.catalogue, name)
        # Providers serve models that they do not list (fine-tuned ones, aliases); theirs is the last word.
        schema = self._parameters.of(configured.provider)
        return remote_entry(configured.provider, RemoteModel(name), schema, origin="unlisted", wanted=wanted)

    def _makes_vectors(self, entry: Entry) -> bool:
        """Whether to ask it for embeddings: providers' lists don't say which of their models make some."""
        if entry.provider == LOCAL or entry.origin not in ("listed", "unlisted"):
            return bool(entry.capabilities.get("embeddings")) and "score" not in entry.capabilities["output_formats"]
        configured = self._providers.get(entry.provider)
        return configured is not None and configured.provider.embeddings is not None

    def _allowed(self, entry: Entry, wish: Wish) -> bool:
        if wish.mode in ("auto", "model"):
            return True
        configured = self._providers.get(entry.provider)
        commercial = configured is not None and configured.provider.commercial
        return commercial == (wish.mode == "commercial_only")

    def _provider_not_found(self, name: str) -> ProviderNotFound:
        if self._providers.is_known(name):
            message = f"The provider {name!r} is not configured: set PLUGGABLY_PROVIDERS__{name.upper()}__API_KEY."
        else:
            message = f"No provider {name!r}."
        switched_on = [item.provider.name for item in self._providers.configured()]
        close = get_close_matches(name, [*switched_on, LOCAL], n=3)
        return ProviderNotFound(message, param="provider", details={"suggestions": close})


def refuse_unavailable(entry: Entry) -> None:
    """Raise `ModelUnavailable` with the reason unless the model can be asked."""
    if entry.status == "available":
        return
    reason = f": {entry.status_reason}" if entry.status_reason else ""
    raise ModelUnavailable(
        f"The model {entry.id} is {entry.status}{reason}.",
        param="model",
        retry_after=30,
        details={"status": entry.status},
    )
