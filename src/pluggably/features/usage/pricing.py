"""What a request costs: its tokens, and the images and meshes that were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pluggably.contract.modality import Modality
from pluggably.contract.text import Usage

_TOKENS = "input_per_million_usd"
_IMAGE, _MEGAPIXEL, _MESH, _REQUEST = "per_image_usd", "per_megapixel_usd", "per_mesh_usd", "per_request_usd"
PER_OUTPUT = (_IMAGE, "images", _MEGAPIXEL, _MESH, _REQUEST)
"""The prices of what was made, as `pricing` names them."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a model made besides text: images of these sizes (width and height in pixels, None where unknown), or
    meshes, and the parameters that were asked for."""

    modality: Modality
    sizes: list[tuple[int, int] | None]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def cost_usd(pricing: Mapping[str, Any] | None, usage: Usage | None, output: Output | None = None) -> float | None:
    """US dollars for one request; None where a price of its kind, or what it is to be multiplied with, is not known.

    `pricing` gives US dollars per million tokens: `input_per_million_usd`, `output_per_million_usd` (0 where left
    out), `cached_input_per_million_usd` for tokens that were read from the provider's cache,
    `input_image_per_million_usd` and `output_image_per_million_usd` for tokens of images (each as the others where
    left out), and `tiers`, a list of the same with `above_prompt_tokens`: the last one whose bound the prompt exceeds
    is the price of all tokens.

    What is made is priced by `per_image_usd`, or by `images`, a list of `{"size", "quality", …, "usd"}`, of which the
    first holds whose other fields are those of the request (`size` also that of the picture, as `1024x768`); by
    `per_megapixel_usd`, of a million pixels each; by `per_mesh_usd`; and by `per_request_usd`. All that are given are
    added up.
    """
    if pricing is None:
        return None
    made = _of_output(pricing, output)
    tokens = _of_tokens(pricing, usage)
    if made is None:
        # Where what is made is priced, tokens alone are not the price.
        return None if output is not None and prices_outputs(pricing) else tokens
    return made if tokens is None else made + tokens


def prices_outputs(pricing: Mapping[str, Any]) -> bool:
    """Whether images, meshes or requests have a price of their own."""
    return any(pricing.get(name) is not None for name in PER_OUTPUT)


def _of_tokens(pricing: Mapping[str, Any], usage: Usage | None) -> float | None:
    if usage is None:
        return None
    price: Mapping[str, Any] = pricing
    tiers = pricing.get("tiers")
    for tier in tiers if isinstance(tiers, list) else ():
        if isinstance(tier, dict) and usage.prompt_tokens > (_number(tier, "above_prompt_tokens") or 0):
            price = tier
    prompt = _number(price, _TOKENS)
    if prompt is None:
        return None
    completion = _number(price, "output_per_million_usd") or 0
    dollars = usage.prompt_tokens * prompt + usage.completion_tokens * completion
    apart = (
        ("cached_input_per_million_usd", usage.cached_prompt_tokens, usage.prompt_tokens, prompt),
        ("input_image_per_million_usd", usage.image_prompt_tokens, usage.prompt_tokens, prompt),
        ("output_image_per_million_usd", usage.image_completion_tokens, usage.completion_tokens, completion),
    )
    for name, count, most, usual in apart:
        other = _number(price, name) if count else None
        if count and other is not None:
            dollars += min(count, most) * (other - usual)
    return dollars / 1_000_000


def _of_output(pricing: Mapping[str, Any], output: Output | None) -> float | None:
    """The price of what was made; None where it has none, or a part of it is not known."""
    if output is None:
        return None
    parts: list[float | None] = []
    if output.modality is Modality.IMAGE:
        rules, megapixel = pricing.get("images"), _number(pricing, _MEGAPIXEL)
        each = _number(pricing, _IMAGE)
        if isinstance(rules, list):
            parts += [_by_rule(rules, size, output.parameters, each) for size in output.sizes]
        elif each is not None:
            parts.append(each * len(output.sizes))
        if megapixel is not None:
            parts += [None if size is None else size[0] * size[1] / 1e6 * megapixel for size in output.sizes]
    elif output.modality is Modality.MESH and (each := _number(pricing, _MESH)) is not None:
        parts.append(each * len(output.sizes))
    if (whole := _number(pricing, _REQUEST)) is not None:
        parts.append(whole)
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None


def _by_rule(
    rules: list[Any], size: tuple[int, int] | None, parameters: Mapping[str, Any], otherwise: float | None
) -> float | None:
    """The price of a picture by the first rule that holds for it."""
    measured = None if size is None else f"{size[0]}x{size[1]}"
    for rule in rules:
        if not isinstance(rule, dict):
            continue
        holds = all(
            value in (parameters.get(name), measured) if name == "size" else parameters.get(name) == value
            for name, value in rule.items()
            if name != "usd"
        )
        if holds:
            return _number(rule, "usd")
    return otherwise


def _number(price: Mapping[str, Any], name: str) -> float | None:
    """Operators may write anything into a model's pricing."""
    value = price.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
