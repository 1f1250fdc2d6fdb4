"""`/v1/schema`: how to ask for a generation, readable by machines."""

from __future__ import annotations

from functools import cache
from typing import Any

from pluggably.features.generation.schemas import GenerateRequest
from pluggably.features.models.parameter_schemas import documented_parameters
from pluggably.features.models.schemas import GenerateGuide, SchemaInfo

API_VERSION = "1"

_EXAMPLES: list[dict[str, Any]] = [
    {"input": {"prompt": "Write a haiku about the sea."}},
    {
        "model": "auto",
        "modality": "text",
        "input": {"messages": [{"role": "user", "content": "Name three rivers as JSON."}]},
        "parameters": {"temperature": 0.2, "max_tokens": 128, "format": "json"},
    },
    {"input": {"prompt": "Tell me a story."}, "parameters": {"max_tokens": 512}, "stream": True},
]
_GUIDANCE = {
    "model_selection": (
        "Leave `model` out or say `auto` to have one chosen: your preferred model, else the default of the modality, "
        "else the first available one, models of this machine first. Name an id of GET /v1/models, `provider:name`, "
        "or a name that only one provider has, to get exactly that model; a model that was named is never replaced "
        "silently. The response's `selection` says who answered and why."
    ),
    "modality": (
        "The modality follows from the model. Say `modality` only where neither model nor input decides it; one that "
        "contradicts the model is an error."
    ),
    "parameters": (
        "Every model has its own parameters: GET /v1/schema?model=ID. One that the model lacks is refused, "
        "one that is left out takes the default."
    ),
    "streaming": "With `stream` the answer comes piece by piece as server-sent events and ends with `[DONE]`.",
}


@cache
def schema_guide() -> SchemaInfo:
    """Every parameter that some model takes, every field of a request, examples and guidance."""
    document = GenerateRequest.model_json_schema()
    fields = inline(document["properties"], document.get("$defs", {}))
    parameters = documented_parameters()
    fields["parameters"] |= {"type": "object", "properties": parameters}
    fields["parameters"].pop("anyOf", None)
    return SchemaInfo(
        version=API_VERSION,
        parameters=parameters,
        generate=GenerateGuide(request=fields, examples=_EXAMPLES, guidance=_GUIDANCE),
    )


def inline(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its `$ref`s replaced by what they mean, so that every field stands alone."""
    if isinstance(schema, list):
        return [inline(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        meant = definitions[schema["$ref"].rpartition("/")[2]]
        return inline(meant, definitions) | {key: value for key, value in schema.items() if key != "$ref"}
    return {
        key: inline(value, definitions) for key, value in schema.items() if key != "discriminator"
    }  # a discriminator's mapping points at definitions that are no longer there
