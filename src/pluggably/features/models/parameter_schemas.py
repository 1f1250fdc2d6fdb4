"""The parameters of text generation, as JSON Schemas (draft 2020-12): one table, from which every schema is made.

A model's schema is stored with its entry in the registry; requests are checked against the stored one.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pluggably.contract.provider import ParameterSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FUNCTION_NAME = {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"}
_STOP = {"type": "string", "minLength": 1, "maxLength": 256}

_KNOWN: dict[str, dict[str, Any]] = {
    "temperature": {
        "title": "Temperature",
        "description": "How freely the next token is chosen: 0 always takes the likeliest, higher is more varied.",
        "type": "number",
        "default": 0.8,
        "minimum": 0,
        "maximum": 2,
        "examples": [0.2, 0.7, 1.0],
    },
    "max_tokens": {
        "title": "Longest answer",
        "description": "Tokens after which the answer is ended. Without it, the model ends by itself or when its "
        "context is full.",
        "type": "integer",
        "minimum": 1,
        "maximum": 1_048_576,
        "examples": [64, 256, 1024],
    },
    "top_p": {
        "title": "Top p",
        "description": "Choose among the likeliest tokens that together have this probability.",
        "type": "number",
        "default": 0.95,
        "minimum": 0,
        "maximum": 1,
        "examples": [0.9],
    },
    "top_k": {
        "title": "Top k",
        "description": "Choose among this many of the likeliest tokens; 0 sets no limit.",
        "type": "integer",
        "default": 40,
        "minimum": 0,
        "maximum": 1000,
        "examples": [20, 40],
    },
    "min_p": {
        "title": "Min p",
        "description": "Leave out tokens less likely than this share of the likeliest one's probability.",
        "type": "number",
        "default": 0.05,
        "minimum": 0,
        "maximum": 1,
        "examples": [0.05],
    },
    "seed": {
        "title": "Seed",
        "description": "The same seed with the same request gives the same answer, as far as the model can. "
        "Without it, every answer is drawn anew.",
        "type": "integer",
        "minimum": 0,
        "maximum": 2**32 - 2,
        "examples": [42],
    },
    "stop": {
        "title": "Stop strings",
        "description": "The answer ends before any of these texts.",
        "anyOf": [_STOP, {"type": "array", "items": _STOP, "minItems": 1, "maxItems": 16}],
        "examples": ["\n\n", ["END", "STOP"]],
    },
    "presence_penalty": {
        "title": "Presence penalty",
        "description": "Above 0, tokens that have appeared become less likely: the model turns to new subjects.",
        "type": "number",
        "default": 0,
        "minimum": -2,
        "maximum": 2,
        "examples": [0.5],
    },
    "frequency_penalty": {
        "title": "Frequency penalty",
        "description": "Above 0, tokens become less likely the more often they have appeared.",
        "type": "number",
        "default": 0,
        "minimum": -2,
        "maximum": 2,
        "examples": [0.5],
    },
    "repeat_penalty": {
        "title": "Repeat penalty",
        "description": "Above 1, recent tokens are less likely to be repeated; 1 changes nothing.",
        "type": "number",
        "default": 1,
        "minimum": 0.1,
        "maximum": 2,
        "examples": [1.1],
    },
    "format": {
        "title": "Format",
        "description": "`json` makes the answer a JSON object; with `json_schema`, one that the schema allows.",
        "type": "string",
        "enum": ["text", "json"],
        "default": "text",
        "examples": ["json"],
    },
    "json_schema": {
        "title": "JSON Schema of the answer",
        "description": "The answer is JSON that this schema allows.",
        "type": "object",
        "examples": [{"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}],
    },
    "logprobs": {
        "title": "Log probabilities",
        "description": "Return the logarithm of the probability of every token of the answer.",
        "type": "boolean",
        "default": False,
        "examples": [True],
    },
    "top_logprobs": {
        "title": "Alternatives",
        "description": "With `logprobs`: how many of the likeliest tokens to return at every place.",
        "type": "integer",
        "minimum": 0,
        "maximum": 20,
        "examples": [5],
    },
    "tools": {
        "title": "Tools",
        "description": "Functions that the model may ask to be called, in the form of OpenAI's chat completions.",
        "type": "array",
        "minItems": 1,
        "maxItems": 128,
        "items": {
            "type": "object",
            "properties": {
                "type": {"const": "function"},
                "function": {
                    "type": "object",
                    "properties": {
                        "name": _FUNCTION_NAME,
                        "description": {"type": "string"},
                        "parameters": {"type": "object"},
                        "strict": {"type": ["boolean", "null"]},
                    },
                    "required": ["name"],
                    "additionalProperties": False,
                },
            },
            "required": ["type", "function"],
            "additionalProperties": False,
        },
        "examples": [
            [
                {
                    "type": "function",
                    "function": {
                        "name": "weather",
                        "description": "The weather of a city",
                        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
                    },
                }
            ]
        ],
    },
    "tool_choice": {
        "title": "Choice of tool",
        "description": "`none`: no tool; `auto`: the model decides; `required`: some tool; or the one that is named.",
        "anyOf": [
            {"type": "string", "enum": ["none", "auto", "required"]},
            {
                "type": "object",
                "properties": {
                    "type": {"const": "function"},
                    "function": {
                        "type": "object",
                        "properties": {"name": _FUNCTION_NAME},
                        "required": ["name"],
                        "additionalProperties": False,
                    },
                },
                "required": ["type", "function"],
                "additionalProperties": False,
            },
        ],
        "default": "auto",
        "examples": ["auto", {"type": "function", "function": {"name": "weather"}}],
    },
}

_STREAM = {
    "title": "Stream",
    "description": "Send the answer piece by piece as server-sent events. A field of the request itself, beside "
    "`parameters`.",
    "type": "boolean",
    "default": False,
    "examples": [True],
}

_LOCAL_ONLY = frozenset({"top_k", "min_p", "repeat_penalty"})
_AT_PROVIDERS: dict[str, dict[str, Any]] = {
    # What OpenAI documents (https://platform.openai.com/docs/api-reference/chat/create).
    "temperature": {"default": 1},
    "top_p": {"default": 1},
    "seed": {"minimum": -(2**63), "maximum": 2**63 - 1},
}


def local_text_parameters() -> ParameterSchema:
    """The schema of a text model that the local engine runs."""
    return schema_of(deepcopy(_KNOWN))


def remote_text_parameters() -> ParameterSchema:
    """The schema of a text model at a provider that speaks OpenAI's chat completions."""
    known = deepcopy(_KNOWN)
    return schema_of(
        {name: known[name] | _AT_PROVIDERS.get(name, {}) for name in known if name not in _LOCAL_ONLY},
    )


def no_parameters() -> ParameterSchema:
    """The schema of a model that takes no parameters, such as one that makes embeddings."""
    return schema_of({})


def schema_of(properties: dict[str, dict[str, Any]]) -> ParameterSchema:
    """The schema of an object with these properties and no others."""
    return {
        "$schema": DIALECT,
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def documented_parameters() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every known parameter and of `stream`, by name."""
    return deepcopy(_KNOWN) | {"stream": dict(_STREAM)}
