"""What a request may use, before anybody knows: tokens of the prompt by its length, of the answer by its bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from pluggably.contract.completions import CompletionRequest
from pluggably.contract.embeddings import EmbeddingRequest
from pluggably.contract.media import MediaRequest
from pluggably.contract.text import TextRequest, Usage
from pluggably.features.limits.rules import Ask, nanos
from pluggably.features.usage.pricing import Output, cost_usd, prices_outputs
from pluggably.routing.catalogue import Entry

BYTES_PER_TOKEN = 3
"""English has about four bytes to a token, most other languages and code have fewer."""
TOKENS_OF_A_MESSAGE = 4
TOKENS_OF_AN_IMAGE = 1000
_USUAL_SIZE = (1024, 1024)
"""Of a picture whose request names none."""
_BOUNDS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_ANSWERS = ("n", "best_of")
_WRITTEN = ("tool_use", "thinking", "redacted_thinking", "refusal")
"""Parts that are words or JSON; those that are neither text nor these count as an image."""
_IN_THE_PROMPT = ("tools", "functions", "response_format")


def prompt_tokens(work: Any) -> int:
    """About how many tokens the prompt of a request has."""
    if isinstance(work, TextRequest):
        fields = _fields(work)
        messages = work.messages if work.original is None else fields.get("messages", [])
        described = sum(_of_json(fields[name]) for name in _IN_THE_PROMPT if fields.get(name))
        return described + _of_content(fields.get("system")) + sum(map(_of_message, messages))
    if isinstance(work, EmbeddingRequest):
        return sum(_of_input(one) for one in work.inputs)
    if isinstance(work, CompletionRequest):
        return sum(_of_input(one) for one in work.prompt) if work.is_several else _of_input(work.prompt)
    if isinstance(work, MediaRequest):
        return _of_text(work.prompt) + TOKENS_OF_AN_IMAGE * len(work.images)
    return 0


def ask_for(entry: Entry, work: Any, assumed_output: int) -> Ask:
    """What to set aside for this request at this model; for no work nothing.

    Where the request names no bound, `assumed_output` tokens for each answer, or as much as is left. Makers of images
    and meshes that have no price for tokens count none.
    """
    prompt = prompt_tokens(work)
    if isinstance(work, EmbeddingRequest):
        cost = _cost(entry, prompt, 0)
        return Ask(prompt, cost, prompt, cost)
    if isinstance(work, TextRequest | CompletionRequest):
        fields = _fields(work)
        bound = next((value for name in _BOUNDS if isinstance(value := fields.get(name), int)), None)
        answers = max([value for name in _ANSWERS if isinstance(value := fields.get(name), int)], default=1)
        if isinstance(work, CompletionRequest) and work.is_several:
            answers *= len(work.prompt)
    elif isinstance(work, MediaRequest) and entry.pricing is not None:
        wanted = work.parameters.get("count")
        bound, answers = None, wanted if isinstance(wanted, int) else 1
        if prices_outputs(entry.pricing):
            cost = nanos(cost_usd(entry.pricing, None, _expected(work, max(1, answers))))
            return Ask(0, cost, 0, cost)
    else:
        return Ask(0, 0, 0, 0)
    count = max(1, answers)
    most = (assumed_output if bound is None else max(0, bound)) * count
    least = count if bound is None else most
    return Ask(prompt + most, _cost(entry, prompt, most), prompt + least, _cost(entry, prompt, least))


def _expected(work: MediaRequest, count: int) -> Output:
    """What a request is about to make, of the size that it says."""
    width, _, height = str(work.parameters.get("size", "")).partition("x")
    if width.isdecimal() and height.isdecimal():
        size = (int(width), int(height))
    else:
        sides = work.parameters.get("width"), work.parameters.get("height")
        size = (sides[0], sides[1]) if isinstance(sides[0], int) and isinstance(sides[1], int) else _USUAL_SIZE
    return Output(work.modality, [size] * count, work.parameters)


def _fields(work: TextRequest | CompletionRequest) -> Mapping[str, Any]:
    """What the request says beside its messages; Anthropic's own say everything there."""
    if isinstance(work, TextRequest) and work.original is not None:
        return work.original.fields
    return work.parameters


def _cost(entry: Entry, prompt: int, completion: int) -> int:
    return nanos(cost_usd(entry.pricing, Usage(prompt, completion)))


def _of_message(message: Any) -> int:
    if not isinstance(message, dict):
        return 0
    calls = message.get("tool_calls")
    return TOKENS_OF_A_MESSAGE + _of_content(message.get("content")) + (_of_json(calls) if calls else 0)


def _of_content(content: Any) -> int:
    """A text, or the parts of OpenAI's and Anthropic's messages."""
    if isinstance(content, str):
        return _of_text(content)
    return sum(map(_of_part, content)) if isinstance(content, list) else 0


def _of_part(part: Any) -> int:
    if not isinstance(part, dict):
        return 0
    if isinstance(text := part.get("text"), str):
        return _of_text(text)
    if part.get("type") == "tool_result":
        return TOKENS_OF_A_MESSAGE + _of_content(part.get("content"))
    return _of_json(part) if part.get("type") in _WRITTEN else TOKENS_OF_AN_IMAGE


def _of_input(one: Any) -> int:
    """A text, or the numbers of its tokens."""
    return _of_text(one) if isinstance(one, str) else len(one)


def _of_text(text: str) -> int:
    length = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-length // BYTES_PER_TOKEN)


def _of_json(value: Any) -> int:
    return -(-len(to_json(value, fallback=str)) // BYTES_PER_TOKEN)
