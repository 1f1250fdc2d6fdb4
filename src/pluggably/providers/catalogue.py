"""The providers that come with Pluggably. One with no behaviour of its own is a row.

Others come through the `pluggably.providers` entry point, or as any name with an OpenAI-compatible base URL.
"""

from __future__ import annotations

from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.providers._llama import LlamaChat
from pluggably.providers._openai_embeddings import LlamaEmbeddings, OpenAIEmbeddings
from pluggably.providers._openai_shape import OpenAIChat
from pluggably.providers._worker_media import WorkerMedia

LOCAL_PROVIDER = Provider(
    name="local",
    title="This machine",
    base_url=None,
    adapters={Modality.TEXT: LlamaChat(), Modality.IMAGE: WorkerMedia(), Modality.MESH: WorkerMedia()},
    embeddings=LlamaEmbeddings(),
    credentials=(),
    needs_key=False,
    commercial=False,
    always_streams=True,
)


def openai_shaped(
    name: str,
    base_url: str,
    *,
    title: str | None = None,
    commercial: bool = False,
    max_tokens: str = "max_tokens",
) -> Provider:
    """Any server that speaks OpenAI's chat completions; `max_tokens` is what it calls that field."""
    return Provider(
        name=name,
        title=title or name,
        base_url=base_url,
        adapters={Modality.TEXT: OpenAIChat(max_tokens=max_tokens)},
        embeddings=OpenAIEmbeddings(),
        needs_key=commercial,
        commercial=commercial,
    )


BUILT_IN: tuple[Provider, ...] = (
    openai_shaped(
        "openai",
        "https://api.openai.com/v1",
        title="OpenAI",
        commercial=True,
        max_tokens="max_completion_tokens",
    ),
    openai_shaped("xai", "https://api.x.ai/v1", title="xAI", commercial=True),
    openai_shaped("deepseek", "https://api.deepseek.com", title="DeepSeek", commercial=True),
    openai_shaped("groq", "https://api.groq.com/openai/v1", title="Groq", commercial=True),
    openai_shaped("mistral", "https://api.mistral.ai/v1", title="Mistral", commercial=True),
    openai_shaped("together", "https://api.together.xyz/v1", title="Together", commercial=True),
    openai_shaped("openrouter", "https://openrouter.ai/api/v1", title="OpenRouter", commercial=True),
    openai_shaped("huggingface", "https://router.huggingface.co/v1", title="Hugging Face", commercial=True),
)
