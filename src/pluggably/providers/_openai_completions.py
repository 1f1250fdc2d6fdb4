"""OpenAI's older completions of raw text, which open servers and llama.cpp speak too.

Source: https://platform.openai.com/docs/api-reference/completions
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import zip_longest
from typing import Any

from pydantic_core import to_json

from pluggably.contract.calls import Call, ServerEvent
from pluggably.contract.completions import CompletionRequest
from pluggably.contract.text import TextDelta, Usage
from pluggably.errors import UnsupportedFeature
from pluggably.providers._openai_shape import FINISH, JSON_HEADERS, deltas_of, read_chunks
from pluggably.providers._translation import NO_EFFECT, left_out

_LLAMA_KNOWS = frozenset(
    {
        "temperature", "top_p", "top_k", "min_p", "max_tokens", "seed", "stop", "n", "presence_penalty",
        "frequency_penalty", "repeat_penalty", "logit_bias", "logprobs",
    }
)  # fmt: skip


class OpenAICompletions:
    """`POST path`. Of a vendor that ignores what it does not know, `knows` are the fields that it has."""

    def __init__(
        self, path: str = "/completions", knows: frozenset[str] | None = None, vendor: str = "The provider"
    ) -> None:
        self._path = path
        self._knows = knows
        self._vendor = vendor

    def prepare(self, request: CompletionRequest, model: str) -> Call:
        """The call. Raises `UnsupportedFeature` for what the vendor would ignore, and the caller would miss."""
        given = request.parameters
        if self._knows is not None:
            lacked = [name for name in given if name not in self._knows]
            missed = next((name for name in lacked if name not in NO_EFFECT), None)
            if missed is not None:
                raise UnsupportedFeature(f"{self._vendor} has no `{missed}` with raw text.", param=missed)
            request.warnings += [left_out(name, self._vendor) for name in lacked]
            given = {name: value for name, value in given.items() if name in self._knows}
        streamed = {"stream": True, "stream_options": {"include_usage": True}}
        body = {"model": model, "prompt": request.prompt, **given, **streamed}
        return Call(self._path, to_json(body), headers=JSON_HEADERS)

    async def stream(
        self, events: AsyncIterator[ServerEvent], request: CompletionRequest
    ) -> AsyncIterator[TextDelta]:
        """Read the answer. Raises what an error inside the stream stands for, or `ProviderError`."""
        async for delta in read_chunks(events, lambda chunk: deltas_of(chunk, _delta)):
            yield delta


class LlamaCompletions(OpenAICompletions):
    """llama.cpp's server: it would leave out what it does not know without a word."""

    def __init__(self) -> None:
        super().__init__("/v1/completions")

    def prepare(self, request: CompletionRequest, model: str) -> Call:
        """The call. Raises `UnsupportedFeature` for a field that would be ignored."""
        given = {name: value for name, value in request.parameters.items() if name not in NO_EFFECT}
        for name in given:
            if name not in _LLAMA_KNOWS:
                raise UnsupportedFeature(f"The local engine does not know `{name}` with raw text.", param=name)
        if given.get("max_tokens") == 0:
            raise UnsupportedFeature("The local engine always adds something.", param="max_tokens")
        if request.is_several and given.get("n", 1) > 1:
            raise UnsupportedFeature("The local engine takes several texts or several choices, not both.", param="n")
        if given.get("logprobs") == 0:
            given["logprobs"] = 1  # the engine's 0 is none at all, OpenAI's the chosen token alone
        return super().prepare(CompletionRequest(request.prompt, given), model)

    async def stream(
        self, events: AsyncIterator[ServerEvent], request: CompletionRequest
    ) -> AsyncIterator[TextDelta]:
        """Read the answer. The engine tells the usage of each choice by itself; here it comes once, for all."""
        total: Usage | None = None
        async for delta in super().stream(events, request):
            if delta.usage is None:
                yield delta
            elif total is None:
                total = delta.usage
            else:
                total.completion_tokens += delta.usage.completion_tokens
                if request.is_several:  # else it is the same text again
                    total.prompt_tokens += delta.usage.prompt_tokens
                    total.cached_prompt_tokens = (total.cached_prompt_tokens or 0) + (
                        delta.usage.cached_prompt_tokens or 0
                    )
        if total is not None:
            yield TextDelta(usage=total)


def _delta(choice: dict[str, Any]) -> TextDelta:
    text, reason, index = choice.get("text"), choice.get("finish_reason"), choice.get("index")
    return TextDelta(
        text=text if isinstance(text, str) and text else None,
        logprobs=_logprobs(choice.get("logprobs")),
        finish_reason=FINISH.get(reason, "stop") if reason else None,
        index=index if isinstance(index, int) else 0,
    )


def _logprobs(told: Any) -> dict[str, Any] | None:
    """Lists side by side as a chat completion has them, token by token; llama.cpp does so by itself."""
    if not isinstance(told, dict) or isinstance(told.get("content"), list):
        return told if isinstance(told, dict) else None
    tokens = zip_longest(told["tokens"], told.get("token_logprobs") or (), told.get("top_logprobs") or ())
    content = [
        {
            "token": token,
            "logprob": logprob,
            "bytes": None,
            "top_logprobs": [{"token": other, "logprob": its} for other, its in (top or {}).items()],
        }
        for token, logprob, top in tokens
    ]
    return {"content": content} if content else None
