"""What a provider is: an address, credentials, and one adapter per modality."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeGuard, runtime_checkable

from pluggably.contract.calls import Call, Reply, ServerEvent
from pluggably.contract.completions import CompletionAdapter
from pluggably.contract.credentials import BearerKey, Credential, headers_of
from pluggably.contract.credits import TellsCredits
from pluggably.contract.embeddings import EmbeddingAdapter
from pluggably.contract.media import (
    MediaModel,
    MediaProgress,
    MediaRequest,
    MediaResult,
    NextCall,
    VendorResult,
)
from pluggably.contract.modality import Modality
from pluggably.contract.text import TextDelta, TextRequest, TextResult, Usage
from pluggably.errors import PluggablyError


class Relay(Protocol):
    """Follows one stream in the vendor's own format that is passed on byte by byte."""

    usage: Usage | None
    error: PluggablyError | None
    finished: bool
    """Whether the vendor ended the stream properly."""

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk cut anywhere; return whole events, ready to be passed on."""


class TextAdapter(Protocol):
    """Builds a call and reads a reply; never touches the network."""

    def prepare(self, request: TextRequest, model: str) -> Call:
        """Build the call. Raises `UnsupportedFeature` for what the vendor can't do."""

    def parse(self, reply: Reply) -> TextResult:
        """Read a whole answer (status 200). Raises `ProviderError` if it can't be read."""

    def stream(self, events: AsyncIterator[ServerEvent], request: TextRequest) -> AsyncIterator[TextDelta]:
        """Read the streamed answer to `request`, tolerating events that it does not know."""


class MediaAdapter(Protocol):
    """Builds a call for images or meshes; never touches the network.

    It also reads the answer, as one or more of `ReadsMedia`, `StreamsMedia` and `TakesTasks`.
    """

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """Build the call. Raises `UnsupportedFeature` for what the vendor can't do."""


@runtime_checkable
class ReadsMedia(Protocol):
    """An adapter of a vendor that answers with the whole result."""

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """Read the last answer (status 200 to 299). Raises `ProviderError`, or what a refusal stands for."""


@runtime_checkable
class TakesTasks(ReadsMedia, Protocol):
    """An adapter of a vendor that is asked again and again until its task is done (submit and poll)."""

    def next_call(self, reply: Reply, request: MediaRequest, model: str) -> NextCall | None:
        """What to ask next; None for the answer that `read` takes. Raises what a failed task stands for."""


@runtime_checkable
class StreamsMedia(Protocol):
    """An adapter that reads an answer as it comes: the local runtimes' lines, or a vendor's server-sent events."""

    def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[MediaProgress | MediaResult | VendorResult]:
        """Read the body of the answer: progress as it comes, the result once. Raises `ProviderError`."""


@runtime_checkable
class ExplainsErrors(Protocol):
    """An adapter whose vendor says what failed in a way of its own."""

    def explain(self, reply: Reply) -> PluggablyError | None:
        """What an answer with a status of 300 or more means; None where the status says it."""


@runtime_checkable
class KnowsModels(Protocol):
    """An adapter that knows its models by their names, where the vendor's list does not say what they make."""

    @property
    def models(self) -> tuple[str, ...]:
        """Models to show beside the vendor's own list (a small shipped table)."""

    def claims(self, model: str) -> bool:
        """Whether a model of this name is the adapter's."""

    def describe(self, model: str) -> MediaModel:
        """Its parameters and what it takes; a general answer for a name that is new."""


@runtime_checkable
class TakesMasks(Protocol):
    """An adapter whose vendor changes an image only where a mask says so."""

    takes_masks: bool


@runtime_checkable
class RelaysChat(Protocol):
    """An adapter whose vendor speaks OpenAI's chat completions, so that bytes can be passed on unread."""

    def relay(self, request: TextRequest, *, include_usage: bool) -> Relay | None:
        """A follower for one stream; usage events are kept back unless `include_usage`.

        None where this request's answer must be read all the same.
        """


def relays_chat(adapter: object) -> TypeGuard[RelaysChat]:
    """`isinstance` for the path of every request: by the class, about which Python remembers the answer (0.1 µs
    instead of 11)."""
    return issubclass(type(adapter), RelaysChat)


@runtime_checkable
class RelaysMessages(Protocol):
    """An adapter whose vendor speaks Anthropic's Messages: it takes requests with an `original` of that shape, and
    their answers can be passed on unread."""

    def relay_messages(self) -> Relay:
        """A follower for one stream."""


def relays_messages(adapter: object) -> TypeGuard[RelaysMessages]:
    """The same for Anthropic's format."""
    return issubclass(type(adapter), RelaysMessages)


@runtime_checkable
class CountsTokens(Protocol):
    """An adapter whose vendor counts the tokens of a prompt, as exactly as for a generation."""

    def count_call(self, request: TextRequest, model: str) -> Call:
        """The call. Raises `UnsupportedFeature` for what the vendor can't count."""

    def parse_count(self, reply: Reply) -> int:
        """The number of tokens. Raises `ProviderError` if the answer tells none."""


@runtime_checkable
class ListsModels(Protocol):
    """An adapter that can ask its vendor which models there are."""

    def list_call(self) -> Call:
        """The call that lists models."""

    def parse_models(self, reply: Reply) -> list[RemoteModel]:
        """Read the list."""


@runtime_checkable
class ListsModelsInPages(ListsModels, Protocol):
    """One whose list comes in pages."""

    def next_list_call(self, reply: Reply) -> Call | None:
        """The call for the page after this one; None after the last."""


@runtime_checkable
class HasParameters(Protocol):
    """An adapter whose vendor's parameters differ from OpenAI's."""

    def parameters(self) -> Mapping[str, Mapping[str, Any] | None]:
        """By name, in the words of JSON Schema: what differs, what is new, and None for what the vendor lacks."""


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model as a provider's list describes it. `created` is in seconds since 1970."""

    name: str
    created: int | None = None
    context_length: int | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operator wants a provider to be reached; `api_version` where the vendor has dated ones."""

    base_url: str | None = None
    api_version: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """A vendor or a server that does the work. A missing adapter is the statement "unsupported"."""

    name: str
    base_url: str | None
    adapters: Mapping[Modality, TextAdapter | MediaAdapter]
    credentials: tuple[Credential, ...] = (BearerKey(),)
    """The ways that its vendor takes a key; the first whose secrets are configured is used."""
    title: str | None = None
    needs_key: bool = True
    """Whether the vendor refuses calls without a key."""
    commercial: bool = True
    """Whether the vendor charges for its work."""
    embeddings: EmbeddingAdapter | None = None
    """How it makes texts into vectors, where it does."""
    credits: TellsCredits | None = None
    """How its vendor is asked what an account has left, where it tells."""
    completions: CompletionAdapter | None = None
    """How it goes on with raw text, where it does."""
    always_streams: bool = False
    """Whether it must be asked for a stream even where nobody streams, because only that can be stopped."""
    default_headers: Mapping[str, str] = field(default_factory=dict)
    """Constant headers, such as a version."""
    placed: Callable[[Provider, Place], Provider] | None = None
    """Makes the provider of one place, where another base URL is not all. Raises `ValueError` with the reason."""

    def headers(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """Headers that every call to this provider carries."""
        return {**self.default_headers, **headers_of(self.credentials, secrets)}


ParameterSchema = dict[str, Any]
"""A JSON Schema (draft 2020-12) of type object whose properties are a model's parameters."""
