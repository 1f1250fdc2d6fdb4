"""Vectors from a real embedding model and from a vendor, asked for by the official OpenAI client."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import openai
import pytest

from tests.factories.gateways import KEY, Gateway, running_gateway

pytestmark = pytest.mark.req("SYS-REQ-001", "SYS-REQ-003")

MODEL = "all-MiniLM-L6-v2.F16"


@pytest.fixture(scope="module")
def gateway(
    embedding_model: Path, starter_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("models")
    for model in (embedding_model, starter_model):
        shutil.copy(model, folder)
    with running_gateway(tmp_path_factory.mktemp("data"), models=folder) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_texts_that_mean_the_same_have_vectors_that_are_close(client: openai.OpenAI) -> None:
    texts = ["a cat sits on a mat", "a kitten on a rug", "stock prices fell"]
    answer = client.embeddings.create(model=MODEL, input=texts)
    cat, kitten, stocks = (item.embedding for item in answer.data)
    assert [item.index for item in answer.data] == [0, 1, 2]
    assert (len(cat), answer.model) == (384, MODEL)
    assert dot(cat, cat) == pytest.approx(1, abs=1e-3)
    assert dot(cat, kitten) > 0.5
    assert dot(cat, stocks) < 0.2
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 10


def test_auto_finds_the_model_that_makes_vectors(client: openai.OpenAI) -> None:
    assert client.embeddings.create(model="auto", input="Hello").model == MODEL


def test_numbers_and_base64_say_the_same(client: openai.OpenAI) -> None:
    plain = client.embeddings.create(model=MODEL, input="Hello", encoding_format="float").data[0].embedding
    packed = client.embeddings.create(model=MODEL, input="Hello").data[0].embedding  # the client asks for base64
    assert plain == pytest.approx(packed, abs=1e-6)


def test_tokens_are_taken_in_place_of_text(client: openai.OpenAI) -> None:
    hello = [101, 7592, 102]  # [CLS] hello [SEP] in BERT's vocabulary
    one = client.embeddings.create(model=MODEL, input=hello).data[0].embedding
    many = client.embeddings.create(model=MODEL, input=[hello, hello])
    assert len(many.data) == 2
    assert dot(one, many.data[1].embedding) == pytest.approx(1, abs=1e-3)


def test_a_text_that_is_too_long_is_refused_and_not_cut(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(model=MODEL, input=["short", "word " * 600])
    assert refused.value.code == "context_length_exceeded"


@pytest.mark.parametrize(
    ("model", "options", "code"),
    [
        ("SmolLM2-135M-Instruct.Q4_1", {}, "unsupported_feature"),
        (MODEL, {"dimensions": 64}, "unsupported_feature"),
        (MODEL, {"input": []}, "validation_error"),
        (MODEL, {"input": [""]}, "validation_error"),
        (MODEL, {"input": ["x"] * 2049}, "validation_error"),
        (MODEL, {"encoding_format": "hex"}, "validation_error"),
    ],
)
def test_what_can_not_be_done_is_said(client: openai.OpenAI, model: str, options: dict, code: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.embeddings.create(**{"model": model, "input": "Hello", **options})
    assert refused.value.code == code


def test_an_embedding_model_does_not_chat(client: openai.OpenAI, gateway: Gateway) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}])
    assert refused.value.code == "unsupported_feature"
    assert gateway.generate("Hi", parameters={"max_tokens": 2}).json()["model"] == "SmolLM2-135M-Instruct.Q4_1"


def test_many_at_once_are_answered_each_with_its_own(client: openai.OpenAI) -> None:
    texts = [f"number {number}" for number in range(200)]
    together = client.embeddings.create(model=MODEL, input=texts)
    alone = client.embeddings.create(model=MODEL, input=texts[137])
    assert len(together.data) == 200
    assert dot(together.data[137].embedding, alone.data[0].embedding) == pytest.approx(1, abs=1e-3)
