"""The providers that come with Pluggably. One with no behaviour of its own is a row.

Others come through the `pluggably.providers` entry point, or as any name with an OpenAI-compatible base URL.
"""

from __future__ import annotations

from dataclasses import replace

from pluggably.contract.modality import Modality
from pluggably.contract.provider import MediaAdapter, Provider, TextAdapter
from pluggably.providers import anthropic, azure, google
from pluggably.providers._credits import DeepSeekBalance, OpenRouterKey
from pluggably.providers._llama import LlamaChat
from pluggably.providers._openai_completions import LlamaCompletions, OpenAICompletions
from pluggably.providers._openai_embeddings import LlamaEmbeddings, OpenAIEmbeddings
from pluggably.providers._openai_responses import OpenAIResponses
from pluggably.providers._openai_shape import OpenAIChat, Quirks
from pluggably.providers._worker_media import WorkerMedia
from pluggably.providers.fal import FAL
from pluggably.providers.google_images import GoogleImages
from pluggably.providers.huggingface_images import HuggingFaceImages
from pluggably.providers.meshy import MESHY
from pluggably.providers.openai_images import OpenAIImages
from pluggably.providers.replicate import REPLICATE
from pluggably.providers.stability import STABILITY
from pluggably.providers.tripo import TRIPO
from pluggably.providers.xai_images import XAIImages

LOCAL_PROVIDER = Provider(
    name="local",
    title="This machine",
    base_url=None,
    adapters={Modality.TEXT: LlamaChat(), Modality.IMAGE: WorkerMedia(), Modality.MESH: WorkerMedia()},
    embeddings=LlamaEmbeddings(),
    completions=LlamaCompletions(),
    credentials=(),
    needs_key=False,
    commercial=False,
    always_streams=True,
)

_OLD_NAME = {"max_completion_tokens": "max_tokens"}
_OLD_ROLE = {"developer": "system"}
_COMMON = frozenset(
    {
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "presence_penalty",
        "frequency_penalty", "response_format", "tools", "tool_choice",
    }
)  # fmt: skip
_PLAIN_MESSAGE = frozenset({"role", "content", "tool_calls", "tool_call_id"})
_OPENAIS_OWN = frozenset({"store", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"})
"""Fields that hardly anybody but OpenAI has, and that change nothing in the answer."""
_DEEPSEEK = Quirks(
    renamed=_OLD_NAME,
    roles=_OLD_ROLE,
    knows=_COMMON | {"logprobs", "top_logprobs", "thinking", "reasoning_effort", "user_id"},
    formats=frozenset({"text", "json_object"}),
)
"""https://api-docs.deepseek.com/api/create-chat-completion; other fields are ignored there."""
_GROQ = Quirks(
    lacks=_OPENAIS_OWN
    | {
        "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "n", "prediction",
        "verbosity",
    },
    message_fields=_PLAIN_MESSAGE,
    roles=_OLD_ROLE,
)  # fmt: skip
"""https://console.groq.com/docs/api-reference: "not yet supported by any of our models", and …/docs/openai"""
_MISTRAL = Quirks(
    renamed={**_OLD_NAME, "seed": "random_seed"},
    lacks=_OPENAIS_OWN | {"logit_bias", "logprobs", "top_logprobs", "user", "service_tier", "verbosity"},
    parameters={"seed": {"minimum": 0}},
    message_fields=_PLAIN_MESSAGE | {"name", "prefix"},
    roles=_OLD_ROLE,
    asks_for_usage=False,
)
"""https://docs.mistral.ai/api; whatever it does not know is refused with status 422, `include_usage` too."""
_TOGETHER = Quirks(
    renamed=_OLD_NAME,
    roles=_OLD_ROLE,
    knows=_COMMON
    | {
        "seed", "n", "logit_bias", "top_k", "min_p", "repetition_penalty", "echo", "safety_model", "reasoning",
        "reasoning_effort", "chat_template_kwargs", "compliance", "context_length_exceeded_behavior", "function_call",
    },
)  # fmt: skip
"""https://docs.together.ai/reference/chat-completions-1; its `logprobs` are another thing than OpenAI's."""
_TOGETHER_RAW = frozenset(
    {
        "max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "presence_penalty", "stop",
        "frequency_penalty", "logit_bias", "logprobs", "echo", "n", "safety_model", "seed",
    }
)  # fmt: skip
"""https://docs.together.ai/reference/completions-1"""
_HUGGINGFACE = Quirks(lacks=_OPENAIS_OWN | {"service_tier", "user", "logit_bias", "n"})
"""https://huggingface.co/docs/inference-providers/tasks/chat-completion"""
_OPENROUTER = Quirks(extra={"provider": {"require_parameters": True}}, lacks=_OPENAIS_OWN - {"metadata"} | {"n"})
"""Without it, a parameter that the chosen vendor lacks is ignored (https://openrouter.ai/docs/features/provider-routing).
What is in `lacks` is not in https://openrouter.ai/docs/api-reference/parameters."""
_XAI = OpenAIResponses(vendor="xAI", lacks=frozenset({"metadata", "service_tier", "truncation"}))
"""https://docs.x.ai/docs/api-reference#create-new-response: "maintained for compatibility\""""


def openai_shaped(
    name: str,
    base_url: str | None,
    *,
    title: str | None = None,
    commercial: bool = False,
    max_tokens: str = "max_tokens",
    quirks: Quirks | None = None,
    text: TextAdapter | None = None,
    raw_text: bool = False,
) -> Provider:
    """Any server that speaks OpenAI's chat completions, or as `text` says.

    `max_tokens` is what it calls that field, `quirks` is how else it differs. `raw_text`: it has completions of raw
    text for the models that chat, too.
    """
    title = title or name
    text = text or OpenAIChat(max_tokens=max_tokens, quirks=quirks, vendor=title)
    return Provider(
        name=name,
        title=title,
        base_url=base_url,
        adapters={Modality.TEXT: text},
        embeddings=OpenAIEmbeddings(),
        completions=OpenAICompletions() if raw_text else None,
        needs_key=commercial,
        commercial=commercial,
    )


def _with_images(provider: Provider, images: MediaAdapter) -> Provider:
    return replace(provider, adapters={**provider.adapters, Modality.IMAGE: images})


BUILT_IN: tuple[Provider, ...] = (
    _with_images(
        openai_shaped(
            "openai",
            "https://api.openai.com/v1",
            title="OpenAI",
            commercial=True,
            max_tokens="max_completion_tokens",
        ),
        OpenAIImages(),
    ),
    openai_shaped(
        "openai_responses",
        "https://api.openai.com/v1",
        title="OpenAI (Responses)",
        commercial=True,
        text=OpenAIResponses(),
    ),
    anthropic.provider,
    _with_images(google.provider, GoogleImages()),
    azure.provider,
    _with_images(
        openai_shaped("xai", "https://api.x.ai/v1", title="xAI", commercial=True, text=_XAI),
        XAIImages(),
    ),
    replace(
        openai_shaped("deepseek", "https://api.deepseek.com", title="DeepSeek", commercial=True, quirks=_DEEPSEEK),
        credits=DeepSeekBalance(),
        embeddings=None,
    ),
    replace(
        openai_shaped(
            "groq",
            "https://api.groq.com/openai/v1",
            title="Groq",
            commercial=True,
            max_tokens="max_completion_tokens",
            quirks=_GROQ,
        ),
        embeddings=None,
    ),
    replace(
        openai_shaped("mistral", "https://api.mistral.ai/v1", title="Mistral", commercial=True, quirks=_MISTRAL),
        embeddings=OpenAIEmbeddings(
            renamed={"dimensions": "output_dimension"}, lacks=frozenset({"user"}), vendor="Mistral"
        ),
    ),
    replace(
        openai_shaped("together", "https://api.together.xyz/v1", title="Together", commercial=True, quirks=_TOGETHER),
        completions=OpenAICompletions(knows=_TOGETHER_RAW, vendor="Together"),
        embeddings=OpenAIEmbeddings(lacks=frozenset({"dimensions", "user"}), vendor="Together"),
    ),
    replace(
        openai_shaped(
            "openrouter",
            "https://openrouter.ai/api/v1",
            title="OpenRouter",
            commercial=True,
            quirks=_OPENROUTER,
            raw_text=True,
        ),
        credits=OpenRouterKey(),
    ),
    _with_images(
        openai_shaped(
            "huggingface",
            "https://router.huggingface.co/v1",
            title="Hugging Face",
            commercial=True,
            quirks=_HUGGINGFACE,
        ),
        HuggingFaceImages(),
    ),
    openai_shaped("openai_compatible", None, title="Any OpenAI-compatible server", raw_text=True),
    STABILITY,
    REPLICATE,
    FAL,
    MESHY,
    TRIPO,
)
