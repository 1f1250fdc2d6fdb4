"""What a request may use, told from its content alone."""

from __future__ import annotations

from typing import Any

import pytest

from pluggably.contract.completions import CompletionRequest
from pluggably.contract.embeddings import EmbeddingRequest
from pluggably.contract.media import MediaRequest
from pluggably.contract.modality import Modality
from pluggably.contract.text import TextRequest, VendorRequest
from pluggably.features.limits.estimate import TOKENS_OF_AN_IMAGE, ask_for, prompt_tokens
from pluggably.features.limits.rules import Ask
from tests.factories.catalogues import entry

PRICED = entry("acme:m", "acme", pricing={"input_per_million_usd": 1, "output_per_million_usd": 2})
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}


def chat(content: Any = "x" * 15, **parameters: Any) -> TextRequest:
    return TextRequest([{"role": "user", "content": content}], parameters)


@pytest.mark.parametrize(
    ("work", "tokens"),
    [
        (chat("x" * 30), 14),
        (chat("ü" * 30), 24),
        (chat([{"type": "text", "text": "x" * 30}, IMAGE]), 14 + TOKENS_OF_AN_IMAGE),
        (chat(None), 4),
        (chat("x" * 30, tools=[{"a": "b" * 20}]), 14 + 10),
        (EmbeddingRequest(["x" * 30, "x"]), 11),
        (EmbeddingRequest([[1, 2, 3], [4]]), 4),
        (CompletionRequest("x" * 30), 10),
        (CompletionRequest([1, 2, 3]), 3),
        (CompletionRequest(["x" * 30, "x"]), 11),
        (MediaRequest(Modality.IMAGE, "x" * 30, images=["data:image/png;base64,AAAA"]), 10 + TOKENS_OF_AN_IMAGE),
        (None, 0),
    ],
)
def test_a_prompt_is_counted_by_its_length(work: Any, tokens: int) -> None:
    assert prompt_tokens(work) == tokens


def test_anthropics_own_request_is_read_where_it_says_everything() -> None:
    image = {"type": "image", "source": {"type": "base64", "data": "A" * 100_000}}
    fields = {
        "system": "x" * 30,
        "max_tokens": 7,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "x" * 30}, image]},
            {"role": "user", "content": [{"type": "tool_result", "content": [image]}]},
        ],
    }
    prompt = 10 + (4 + 10 + TOKENS_OF_AN_IMAGE) + (4 + 4 + TOKENS_OF_AN_IMAGE)
    work = TextRequest([], original=VendorRequest(fields))
    assert ask_for(PRICED, work, 100).tokens == prompt + 7


@pytest.mark.parametrize(
    ("work", "most", "least"),
    [
        (chat(max_tokens=5), 5, 5),
        (chat(max_completion_tokens=6), 6, 6),
        (chat(max_tokens=5, n=3), 15, 15),
        (chat(), 100, 1),
        (chat(n=2), 200, 2),
        (CompletionRequest("x" * 27, {"max_tokens": 5, "best_of": 4}), 20, 20),
        (CompletionRequest(["x" * 13, "x" * 12], {"max_tokens": 5}), 10, 10),
    ],
)
def test_an_answer_is_counted_by_its_bound_or_by_what_is_assumed(work: Any, most: int, least: int) -> None:
    prompt = 9
    assert ask_for(PRICED, work, 100) == Ask(
        prompt + most, (prompt + 2 * most) * 1000, prompt + least, (prompt + 2 * least) * 1000
    )


def test_vectors_have_no_answer_and_pictures_without_a_price_no_tokens() -> None:
    assert ask_for(PRICED, EmbeddingRequest([[1, 2, 3]]), 100) == Ask(3, 3000, 3, 3000)
    picture = MediaRequest(Modality.IMAGE, "xxx", parameters={"count": 2})
    assert ask_for(entry("acme:free", "acme"), picture, 100) == Ask(0, 0, 0, 0)
    assert ask_for(PRICED, picture, 100).tokens == 201
    assert ask_for(PRICED, None, 100) == Ask(0, 0, 0, 0)


def test_pictures_with_a_price_of_their_own_reserve_that_and_no_tokens() -> None:
    by_size = {"per_megapixel_usd": 0.5, "images": [{"size": "512x512", "usd": 0.25}, {"usd": 1}]}
    large = MediaRequest(Modality.IMAGE, "x", parameters={"count": 2, "size": "1000x1000"})
    assert ask_for(entry("acme:p", "acme", pricing=by_size), large, 100) == Ask(0, 3 * 10**9, 0, 3 * 10**9)
    sides = MediaRequest(Modality.IMAGE, "x", parameters={"width": 512, "height": 512})
    assert ask_for(entry("acme:p", "acme", pricing={"images": by_size["images"]}), sides, 9).cost == 25 * 10**7
    mesh = MediaRequest(Modality.MESH, "x")
    assert ask_for(entry("acme:m", "acme", pricing={"per_mesh_usd": 0.4}), mesh, 9) == Ask(0, 4 * 10**8, 0, 4 * 10**8)
