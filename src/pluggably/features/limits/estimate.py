"""What a request may use, before anybody knows: tokens of the prompt by its length, of the answer by its bound."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from pluggably.contract.embeddings import EmbeddingRequest
from pluggably.contract.media import MediaRequest
from pluggably.contract.text import TextRequest, Usage
from pluggably.features.limits.rules import Ask, nanos
from pluggably.features.usage.pricing import cost_usd
from pluggably.routing.catalogue import Entry

BYTES_PER_TOKEN = 3
"""English has about four bytes to a token, most other languages and code have fewer."""
TOKENS_OF_A_MESSAGE = 4
TOKENS_OF_AN_IMAGE = 1000
_BOUNDS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_IN_THE_PROMPT = ("tools", "functions", "response_format")


def prompt_tokens(work: Any) -> int:
    """About how many tokens the prompt of a request has."""
    if isinstance(work, TextRequest):
        described = sum(_of_json(work.parameters[name]) for name in _IN_THE_PROMPT if work.parameters.get(name))
        return described + sum(_of_message(message) for message in work.messages)
    if isinstance(work, EmbeddingRequest):
        return sum(_of_text(one) if isinstance(one, str) else len(one) for one in work.inputs)
    if isinstance(work, MediaRequest):
        return _of_text(work.prompt) + TOKENS_OF_AN_IMAGE * len(work.images)
    return 0


def ask_for(entry: Entry, work: Any, prompt: int, assumed_output: int) -> Ask:
    """What to set aside for this request at this model.

    Where the request names no bound, `assumed_output` tokens for each answer, or as much as is left. Makers of images
    and meshes that have no price for tokens count none.
    """
    if isinstance(work, EmbeddingRequest):
        cost = _cost(entry, prompt, 0)
        return Ask(prompt, cost, prompt, cost)
    if isinstance(work, TextRequest):
        bound = next((value for name in _BOUNDS if isinstance(value := work.parameters.get(name), int)), None)
        answers = work.parameters.get("n")
    elif isinstance(work, MediaRequest) and entry.pricing is not None:
        bound, answers = None, work.parameters.get("n")
    else:
        return Ask(0, 0, 0, 0)
    count = answers if isinstance(answers, int) and answers > 0 else 1
    most = (assumed_output if bound is None else max(0, bound)) * count
    least = count if bound is None else most
    return Ask(prompt + most, _cost(entry, prompt, most), prompt + least, _cost(entry, prompt, least))


def _cost(entry: Entry, prompt: int, completion: int) -> int:
    return nanos(cost_usd(entry.pricing, Usage(prompt, completion)))


def _of_message(message: dict[str, Any]) -> int:
    content = message.get("content")
    total = TOKENS_OF_A_MESSAGE
    if isinstance(content, str):
        total += _of_text(content)
    elif isinstance(content, list):
        total += sum(map(_of_part, content))
    calls = message.get("tool_calls")
    return total + _of_json(calls) if calls else total


def _of_part(part: Any) -> int:
    if not isinstance(part, dict):
        return 0
    text = part.get("text")
    return _of_text(text) if isinstance(text, str) else TOKENS_OF_AN_IMAGE


def _of_text(text: str) -> int:
    length = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-length // BYTES_PER_TOKEN)


def _of_json(value: Any) -> int:
    return -(-len(to_json(value, fallback=str)) // BYTES_PER_TOKEN)
