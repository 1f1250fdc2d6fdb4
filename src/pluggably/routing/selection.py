"""Chooses the model that answers a request. An invalid choice is an error, never a guess."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

from pluggably.contract.modality import Modality
from pluggably.contract.provider import RemoteModel
from pluggably.errors import (
    CreditsExhausted,
    ModalityMismatch,
    ModelNotFound,
    ModelUnavailable,
    PluggablyError,
    ProviderNotFound,
    UnsupportedFeature,
    ValidationFailed,
)
from pluggably.providers.directory import ProviderDirectory
from pluggably.routing.accounts import Seen
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry, not_found
from pluggably.routing.deployments import GivenNames, in_order
from pluggably.routing.listed_parameters import ListedParameters
from pluggably.routing.remote_models import remote_entry
from pluggably.routing.standing import Standing

AUTO = "auto"
_MOST_IN_NEED = 8
_DATE = re.compile(r"\d{8}|\d{4}-\d{2}-\d{2}")
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
    that were tried before this one; `others` are further deployments of the same model, in the order to ask them."""

    entry: Entry
    requested: str
    reason: str
    fallback_reason: str | None = None
    attempts: tuple[Attempt, ...] = ()
    others: tuple[Entry, ...] = ()

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
    model that is not in the catalogue; `given` are the operator's own names; `standing` is how the models at
    providers stand; `chance` draws lots.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        providers: ProviderDirectory,
        defaults: dict[Modality, str],
        listed_schema: dict[str, Any],
        given: GivenNames | None = None,
        standing: Standing | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.standing = standing or Standing()
        self._given = given or GivenNames()
        self.chance = chance or random.Random()  # noqa: S311 - shares out the load, hides nothing
        self._providers = providers
        self._defaults = defaults
        self._parameters = ListedParameters(listed_schema)

    def seen_by(self, seen: Seen) -> Selector:
        """The same for somebody with keys of their own."""
        other = copy(self)
        other.catalogue, other._providers = seen.catalogue, seen.providers
        return other

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
        if self.catalogue.get(wish.model) is None:  # whose ids go before the operator's names
            if (name := self._given.aliases.get(wish.model)) is not None:
                return self._aliased(wish, name)
            if wish.model in self._given.deployments:
                return self._deployed(wish, wish.model)
        entry, reason = self._explicit(wish.model, wish.provider, wish.modality)
        self._check(entry, wish)
        return Selection(entry, wish.model, reason)

    def is_given(self, name: str) -> bool:
        """Whether the operator gave this name to one model or several."""
        return name in self._given.aliases or name in self._given.deployments

    def in_need(self, entry: Entry, wish: Wish) -> list[str]:
        """Ids of those that may answer for a model whose account has nothing left.

        The same model at another provider, then free ones, this machine's first, and under `auto` whatever else
        there is.
        """
        fitting = [
            other
            for other in self._fitting(entry.modality, wish)
            if other.status == "available" and other.id != entry.id and not self.standing.is_exhausted(other)
        ]
        same = [other for other in fitting if other.name == entry.name]
        if wish.embeddings:  # vectors of different models can't be compared
            return [other.id for other in same]
        default = self._defaults.get(entry.modality)
        free = [other for other in fitting if self._is_free(other)]
        free.sort(key=lambda other: (other.provider != LOCAL, not other.is_default and other.id != default))
        rest = fitting if wish.model in (None, AUTO) else []
        return list(dict.fromkeys(other.id for other in (*same, *free, *rest)))[:_MOST_IN_NEED]

    def _aliased(self, wish: Wish, name: str) -> Selection:
        assert wish.model is not None
        if name == AUTO:
            return replace(self._automatic(replace(wish, model=AUTO)), requested=wish.model)
        if name in self._given.deployments and self.catalogue.get(name) is None:
            return self._deployed(wish, name)
        entry = self._member(name, wish)
        return Selection(entry, wish.model, "alias")

    def _deployed(self, wish: Wish, name: str) -> Selection:
        """One of several deployments. One whose account has nothing left is passed over for the others."""
        found: list[tuple[Entry, float]] = []
        refusal: PluggablyError | None = None
        for deployment in self._given.deployments[name]:
            try:
                found.append((self._member(deployment.model, wish), deployment.weight))
            except PluggablyError as error:
                refusal = refusal or error
        if wish.has_images:
            found = [member for member in found if member[0].takes_images] or found
        if not found:
            assert refusal is not None  # settings refuse a name without deployments
            raise refusal
        ordered = in_order(found, self.standing, self.chance)
        solvent = [entry for entry in ordered if not self.standing.is_exhausted(entry)] or ordered
        passed = tuple(no_credits(entry) for entry in ordered if entry not in solvent)
        why = CreditsExhausted.code if passed else None
        return Selection(solvent[0], wish.model or AUTO, "deployment", why, passed, tuple(solvent[1:]))

    def _member(self, name: str, wish: Wish) -> Entry:
        """What one of the operator's names leads to, if the request may have it."""
        entry, _ = self._explicit(name, None, wish.modality)
        if wish.provider not in (None, entry.provider):
            raise ValidationFailed.of("provider", f"{wish.model!r} is {entry.id}, which {wish.provider} lacks")
        self._check(entry, wish)
        return entry

    def _check(self, entry: Entry, wish: Wish) -> None:
        """Raise what is wrong with choosing this model for this wish."""
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

    def default_for(self, modality: Modality, wish: Wish | None = None) -> tuple[Entry, str] | None:
        """What `auto` chooses for a modality, and why."""
        chosen = self._default(modality, wish or Wish())
        return (chosen.entry, chosen.reason) if chosen is not None else None

    def _default(self, modality: Modality, wish: Wish) -> Selection | None:
        named_by_operator = self._default_name(modality, wish)
        if named_by_operator is not None:
            return named_by_operator
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
                    return Selection(entry, AUTO, reason)
            of_provider = [entry for entry in fitting if entry.provider == name]
            if of_provider:
                return Selection(max(of_provider, key=lambda entry: entry.is_default), AUTO, reason)
        for entry in fitting:
            if entry.is_default:
                return Selection(entry, AUTO, "default_for_modality")
        if not fitting:
            return None
        # Models on this machine go first, so that nothing is spent that nobody asked for.
        return Selection(min(fitting, key=lambda entry: entry.provider != LOCAL), AUTO, "first_available")

    def _default_name(self, modality: Modality, wish: Wish) -> Selection | None:
        """The choice where the default of a modality is one of the operator's names; None where none comes of it."""
        if not self._given.all():
            return None
        named = (
            (wish.preferred.get(modality.value), "preferred"),
            (self._defaults.get(modality), "default_for_modality"),
        )
        for name, reason in named:
            if name not in self._given.all() or self._given.aliases.get(name) == AUTO:
                continue
            try:
                chosen = self.select(replace(wish, model=name, modality=modality))
            except PluggablyError:
                continue
            return replace(chosen, requested=AUTO, reason=reason)
        return None

    def _automatic(self, wish: Wish) -> Selection:
        modality = wish.modality
        wanted: tuple[Modality, ...]
        if modality is None and wish.has_images:
            wanted = (Modality.IMAGE, Modality.TEXT)
        elif modality is None and wish.provider is not None:
            wanted = tuple(Modality)  # what it makes
        else:
            wanted = (modality or Modality.TEXT,)
        for kind in wanted:
            chosen = self._default(kind, wish)
            if chosen is not None:
                return chosen
        if wish.embeddings:
            raise ModelNotFound("No model that makes embeddings is available.", param="model")
        taking = " that takes images" if wish.has_images else ""
        provider = f" of {wish.provider}" if wish.provider is not None else ""
        message = f"No {wanted[0].value} model{provider}{taking} is available."
        if wish.mode in ("free_only", "commercial_only") and self._default(wanted[0], replace(wish, mode="auto")):
            raise ModelNotFound(f"{message} There are others: {wish.mode!r} excludes them.", param="selection_mode")
        if wanted[0] is Modality.TEXT and wish.provider in (None, LOCAL) and wish.mode != "commercial_only":
            message += " Put a GGUF file into a model folder, or run `pluggably pull starter`."
        raise ModelNotFound(message, param="model")

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
        locked = self.catalogue.locked_named(model)
        if locked:
            raise self._provider_not_found(locked[0].provider)
        raise not_found(self.catalogue, model, self._given.all())

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
        entry = remote_entry(configured.provider, RemoteModel(name), schema, origin="unlisted", wanted=wanted)
        return replace(entry, own_key=configured.own_key, pricing=self._price_of_alias(provider, name))

    def _price_of_alias(self, provider: str, name: str) -> dict[str, Any] | None:
        """The price of a name that stands for the newest of a model's dated versions, where they all have the same:
        some vendors list the versions alone."""
        prices = [
            entry.pricing
            for entry in self.catalogue.entries()
            if entry.provider == provider
            and entry.name.startswith(f"{name}-")
            and _DATE.fullmatch(entry.name, len(name) + 1)
        ]
        return prices[0] if prices and all(price == prices[0] for price in prices) else None

    def _makes_vectors(self, entry: Entry) -> bool:
        """Whether to ask it for embeddings: providers' lists don't say which of their models make some."""
        if entry.provider == LOCAL or entry.origin not in ("listed", "unlisted"):
            return bool(entry.capabilities.get("embeddings")) and "score" not in entry.capabilities["output_formats"]
        configured = self._providers.get(entry.provider)
        return configured is not None and configured.provider.embeddings is not None

    def _allowed(self, entry: Entry, wish: Wish) -> bool:
        if wish.mode in ("auto", "model"):
            return True
        return self._is_free(entry) == (wish.mode == "free_only")

    def _is_free(self, entry: Entry) -> bool:
        """Whether it costs nothing: its provider charges for nothing, or its own price is nought."""
        configured = self._providers.get(entry.provider)
        if configured is None or not configured.provider.commercial:
            return True
        pricing = entry.pricing or {}
        more = [amount for name, amount in pricing.items() if name.startswith("per_") or name == "images"]
        return pricing.get("input_per_million_usd") == pricing.get("output_per_million_usd") == 0 and not any(more)

    def _provider_not_found(self, name: str) -> ProviderNotFound:
        if self._providers.is_known(name):
            known = self._providers.provider(name)
            needed = ["BASE_URL"] if known is not None and known.base_url is None else []
            needed += ["API_KEY"] if known is None or known.needs_key else []
            variables = " and ".join(f"PLUGGABLY_PROVIDERS__{name.upper()}__{field}" for field in needed)
            message = f"The provider {name!r} is not configured: set {variables}."
        else:
            message = f"No provider {name!r}."
        switched_on = [item.provider.name for item in self._providers.configured()]
        close = get_close_matches(name, [*switched_on, LOCAL], n=3)
        return ProviderNotFound(message, param="provider", details={"suggestions": close})


def no_credits(entry: Entry) -> Attempt:
    """A model that was passed over because its account has nothing left."""
    error = passed_over(entry)
    return Attempt(entry.id, entry.provider, error.code, error.message, 0)


def passed_over(entry: Entry) -> CreditsExhausted:
    """What a request would meet at a model whose account has nothing left."""
    return CreditsExhausted(f"The account with {entry.provider} has no credits left.")


def refuse_unavailable(entry: Entry) -> None:
    """Raise `ModelUnavailable` with the reason unless the model can be asked."""
    if entry.status == "available":
        return
    reason = f": {entry.status_reason.rstrip('.')}" if entry.status_reason else ""
    raise ModelUnavailable(
        f"The model {entry.id} is {entry.status}{reason}.",
        param="model",
        retry_after=30,
        details={"status": entry.status},
    )
