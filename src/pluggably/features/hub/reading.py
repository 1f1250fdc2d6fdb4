"""What the hub's facts about a model mean here: what it makes, how large it is, what one may do with it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, TypeGuard

from pluggably.contract.modality import Modality

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo as HubModel

TASKS: dict[Modality, tuple[str, ...]] = {
    Modality.TEXT: ("text-generation", "image-text-to-text"),
    Modality.IMAGE: ("text-to-image", "image-to-image"),
    Modality.MESH: ("text-to-3d", "image-to-3d"),
}
"""The hub's tasks (https://huggingface.co/tasks) that a search for a modality goes through, one after the other."""

_ALSO: dict[Modality, tuple[str, ...]] = {
    Modality.TEXT: (
        *(
            "any-to-any",
            "text2text-generation",
            "summarization",
            "translation",
            "question-answering",
            "conversational",
        ),
        *("visual-question-answering", "feature-extraction", "sentence-similarity", "text-ranking", "fill-mask"),
    ),
    Modality.IMAGE: ("any-to-any", "unconditional-image-generation", "image-inpainting"),
    Modality.MESH: (),
}
_MOST_TOKENS = 2**31 - 1
_BYTES = {"64": 8, "32": 4, "16": 2, "8": 1}


def modality_hints(model: HubModel) -> list[str]:
    """What a model makes, as far as its task, its library or its files' kind tell; empty where they don't."""
    task = model.pipeline_tag
    found = [modality for modality in Modality if task in TASKS[modality] or task in _ALSO[modality]]
    if not found and task is None:
        tags = {model.library_name, *(model.tags or ())}
        if "gguf" in tags:
            found = [Modality.TEXT]
        elif "diffusers" in tags:
            found = [Modality.IMAGE]
    return [str(modality) for modality in found]


def size_bytes(model: HubModel) -> int | None:
    """Bytes of a model's weights; of a repository with GGUF files, of the one that the hub has looked into.

    The files' own sizes are only in `model_info`; a search tells types and numbers of parameters.
    """
    sizes = [file.size for file in model.siblings or () if file.size is not None]
    if sizes:
        return sum(sizes)
    told = _count((model.gguf or {}).get("totalFileSize"))
    if told is not None:
        return told
    parameters = model.safetensors.parameters if model.safetensors else None
    if not isinstance(parameters, dict):
        return None
    weights = [(_width(kind), _count(number)) for kind, number in parameters.items()]
    return sum(width * (number or 0) for width, number in weights) or None


def licence(model: HubModel) -> str | None:
    """A model's licence as the hub names it (https://huggingface.co/docs/hub/repositories-licenses)."""
    card = model.card_data
    named = card.get("license_name") if card is not None and card.get("license") == "other" else None
    if not isinstance(named, str):
        named = card.get("license") if card is not None else None
    if not isinstance(named, str):
        named = next((tag[8:] for tag in model.tags or () if tag.startswith("license:")), None)
    return named[:255] if named else None


def context_length(model: HubModel) -> int | None:
    """Tokens that a GGUF repository's model was made for."""
    return _count((model.gguf or {}).get("context_length"), _MOST_TOKENS)


def context_of_config(config: Any) -> int | None:
    """Tokens that a model was made for, of its `config.json`."""
    if not isinstance(config, dict):
        return None
    names = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "seq_length")
    own = next((count for name in names if (count := _count(config.get(name), _MOST_TOKENS))), None)
    return own or context_of_config(config.get("text_config"))


def chat_template(model: HubModel) -> str | None:
    """The model's chat template, of its GGUF header or of its tokenizer's configuration."""
    tokenizer = (model.config or {}).get("tokenizer_config")
    for place in (model.gguf, tokenizer):
        template = place.get("chat_template") if isinstance(place, dict) else None
        if isinstance(template, list):  # several, each with a name
            template = "\n".join(str(one.get("template", "")) for one in template if isinstance(one, dict))
        if isinstance(template, str) and template:
            return template
    return None


def base_model(model: HubModel) -> str | None:
    """The repository that this one was made from, where it is one."""
    base = model.card_data.get("base_model") if model.card_data is not None else None
    if isinstance(base, list) and len(base) == 1:
        base = base[0]
    return base if isinstance(base, str) else None


_SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "repetition_penalty": "repeat_penalty",
}
"""By the names of `generation_config.json`, which is described at
https://huggingface.co/docs/transformers/main_classes/text_generation."""


def recommended(config: Any) -> dict[str, float]:
    """The parameters that a `generation_config.json` recommends."""
    if not isinstance(config, dict):
        return {}
    told = {ours: config.get(theirs) for theirs, ours in _SAMPLING.items()}
    return {name: value for name, value in told.items() if _is_number(value)}


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _count(value: Any, most: int = 2**63 - 1) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most else None


def _width(kind: str) -> int:
    """Bytes of a number of a safetensors type: `BF16`, `F8_E4M3`, `I32`, `BOOL`; packed small ones count as one."""
    digits = re.search(r"\d+", kind)
    return _BYTES.get(digits[0], 1) if digits else 1
