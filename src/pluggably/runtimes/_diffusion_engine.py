"""The engine of image models: any diffusers pipeline that makes pictures from text, or from a picture and text."""

from __future__ import annotations

import inspect
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from PIL import Image, ImageOps

from pluggably.errors import ContentRefused, UnsupportedFeature, ValidationFailed
from pluggably.runtimes._diffusion_parameters import (
    DEFAULT_STRENGTH,
    LARGEST_SEED,
    LARGEST_SIDE,
    LONGEST_NEGATIVE_PROMPT,
    MAX_COUNT,
    MAX_GUIDANCE,
    MAX_STEPS,
    SMALLEST_SIDE,
    ImageFacts,
    image_facts,
)
from pluggably.runtimes._media_server import Cancelled, ImageItem, Job, Output, Work
from pluggably.runtimes._parameter_values import IMAGE_FORMATS, choice, number, sides, text, whole
from pluggably.runtimes._pictures import read_picture, saved
from pluggably.runtimes._pipelines import (
    Interrupter,
    Refused,
    choose_device,
    device_details,
    dtype_for,
    free_memory,
    load_pipeline,
    out_of_memory,
    place,
    step_callback,
    weights_bytes,
)

PREVIEWS = 5
"""Previews of one picture, at most."""
PREVIEW_LATENTS = 16
"""The longer side of the latents that a preview is decoded from: 128 pixels, with most models."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A job, read and checked."""

    prompt: str
    negative_prompt: str
    width: int
    height: int
    steps: int
    guidance: float | None
    strength: float | None
    seed: int
    count: int
    kind: str
    source: Image.Image | None
    warnings: list[str]


class DiffusionEngine:
    """One pipeline. The same job gives the same bytes on the same machine. Implements `_media_server.Engine`."""

    modalities = frozenset({"image"})

    def __init__(self, folder: Path) -> None:
        """Load the pipeline in a folder. Raises `Refused`."""
        self._facts = image_facts(folder)
        self._device = choose_device()
        self._dtype = dtype_for(self._device, transformer=(folder / "transformer").is_dir())
        pipeline = load_pipeline(folder, dtype=self._dtype)
        self._from_text, self._from_image = _ways(pipeline)
        self._pipeline = self._from_text or self._from_image
        try:
            self._placed = place(self._pipeline, self._device)
        except Exception as error:
            if not out_of_memory(error):
                raise
            raise Refused(f"its weights do not fit into the memory of the device ({self._device})") from error
        self._interrupter = Interrupter(self._pipeline)
        self._vae_dtype = getattr(getattr(self._pipeline, "vae", None), "dtype", None)

    def details(self) -> dict[str, Any]:
        """What the gateway should know of the model that is loaded."""
        return {
            "modalities": sorted(self.modalities),
            "pipeline": type(self._pipeline).__name__,
            "takes_images": self._from_image is not None,
            "placed": self._placed,
            "weights_bytes": weights_bytes(self._pipeline),
            **device_details(self._device, self._dtype),
        }

    def generate(self, job: Job, work: Work) -> Output:
        """Do the job. Raises `ValidationFailed`, `InvalidImage`, `UnsupportedFeature`, `ContentRefused`."""
        plan = _plan(job, self._facts)
        pipeline = self._pipeline_for(plan)
        arguments = _Arguments(pipeline, plan)
        warnings = [*plan.warnings, *arguments.warnings, *_cut_prompts(pipeline, plan)]
        try:
            items = self._made(pipeline, arguments.values, plan, work, warnings, previews=job.previews)
        except Exception as error:
            if not out_of_memory(error):
                raise
            items = []
        finally:  # with no error of full memory at hand any more: its traceback would hold on to what fills it
            self._restore(pipeline)
        if not items:
            free_memory(self._device)
            raise ValidationFailed.of(
                "parameters.size",
                f"the memory of the device ({self._device}) does not suffice for this picture; ask for a smaller one",
            )
        if "negative_prompt" in arguments.values and getattr(pipeline, "do_classifier_free_guidance", True) is False:
            warnings.append("the negative prompt has no effect: the model works without guidance here")
        return Output(items, plan.seed, warnings)

    def _made(
        self, pipeline: Any, values: dict[str, Any], plan: _Plan, work: Work, warnings: list[str], *, previews: bool
    ) -> list[ImageItem]:
        items: list[ImageItem] = []
        blanked = 0
        with self._interrupter.during(work):
            for index in range(plan.count):
                steps = _Steps(pipeline, plan, work, index, previews=previews)
                generator = torch.Generator("cpu").manual_seed(plan.seed + index)
                made = pipeline(**values, **steps.argument(), generator=generator)
                picture = made.images[0].convert("RGB")
                blanked += any(getattr(made, "nsfw_content_detected", None) or ())
                work.checkpoint()
                items.append(ImageItem(f"image/{plan.kind}", saved(picture, plan.kind), *picture.size))
        if blanked == plan.count:
            raise ContentRefused("The model's safety checker refused the picture.")
        if blanked:
            warnings.append(f"the model's safety checker made {blanked} of {plan.count} pictures black")
        if any((item.width, item.height) != (plan.width, plan.height) for item in items):
            warnings.append(f"the model can't make {plan.width}x{plan.height} and chose a size of its own")
        return items

    def _restore(self, pipeline: Any) -> None:
        """Make good what a pipeline that was broken off left: its VAE in float32 (as SDXL decodes), a GPU full."""
        if self._vae_dtype is not None and pipeline.vae.dtype != self._vae_dtype:
            pipeline.vae.to(self._vae_dtype)
        pipeline.maybe_free_model_hooks()

    def _pipeline_for(self, plan: _Plan) -> Any:
        if plan.source is None:
            if self._from_text is None:
                raise UnsupportedFeature("The model needs an input image.", param="input.images")
            return self._from_text
        if self._from_image is None:
            raise UnsupportedFeature("The model takes no images.", param="input.images")
        return self._from_image


def _ways(pipeline: Any) -> tuple[Any, Any]:
    """The pipelines from text and from an image, on the same weights; None for what there is not.

    Raises `Refused` for one that does neither.
    """
    name = type(pipeline).__name__
    unet, vae = getattr(pipeline, "unet", None), getattr(pipeline, "vae", None)
    odd = unet is not None and vae is not None and unet.config.in_channels != vae.config.latent_channels
    ways: list[Any] = [None, None]
    if not odd and "controlnet" not in pipeline.components:
        for index, way in enumerate((diffusers.AutoPipelineForText2Image, diffusers.AutoPipelineForImage2Image)):
            try:
                ways[index] = way.from_pipe(pipeline)
            except ValueError:  # its family does not do that
                continue
            ways[index].set_progress_bar_config(disable=True)
    if ways == [None, None]:
        raise Refused(f"a {name} is no model that makes pictures from text or from one picture; use one that does")
    return ways[0], ways[1]


def _plan(job: Job, facts: ImageFacts) -> _Plan:
    """Raises `ValidationFailed`, `InvalidImage`, `UnsupportedFeature`."""
    wanted = job.parameters
    if len(job.images) > 1:
        raise UnsupportedFeature("The model takes one image, not several.", param="input.images")
    warnings: list[str] = []
    width, height = sides(wanted, SMALLEST_SIDE, LARGEST_SIDE, facts.multiple)
    steps = whole(wanted, "steps", facts.default_steps, 1, MAX_STEPS)
    guidance = number(wanted, "guidance", 0, MAX_GUIDANCE)
    strength = number(wanted, "strength", 0, 1)
    source = None
    if job.images:
        source = read_picture(job.images[0], LARGEST_SIDE)
        width, height = _sides_like(source, width, height, facts)
        if abs(source.width * height - source.height * width) > facts.multiple * max(source.size):
            warnings.append(f"the input image was cropped to the proportions of {width}x{height}")
        source = ImageOps.fit(source, (width, height), Image.Resampling.LANCZOS)
    elif strength is not None:
        warnings.append("strength has no effect without an input image")
        strength = None
    return _Plan(
        prompt=job.prompt,
        negative_prompt=text(wanted, "negative_prompt", LONGEST_NEGATIVE_PROMPT),
        width=width or facts.default_side,
        height=height or facts.default_side,
        steps=steps,
        guidance=facts.default_guidance if guidance is None else guidance,
        strength=strength,
        seed=whole(wanted, "seed", secrets.randbelow(LARGEST_SEED + 1), 0, LARGEST_SEED),
        count=whole(wanted, "count", 1, 1, MAX_COUNT),
        kind=choice(wanted, "format", IMAGE_FORMATS, "png"),
        source=source,
        warnings=warnings,
    )


def _sides_like(source: Image.Image, width: int | None, height: int | None, facts: ImageFacts) -> tuple[int, int]:
    """The sides of a picture made from another: its proportions, and as many pixels as the model was trained with."""
    ratio = source.width / source.height

    def whole_side(side: float) -> int:
        fitting = round(side / facts.multiple) * facts.multiple
        lowest = -(-SMALLEST_SIDE // facts.multiple) * facts.multiple
        return max(lowest, min(LARGEST_SIDE // facts.multiple * facts.multiple, fitting))

    if width is None and height is None:
        return whole_side(facts.default_side * ratio**0.5), whole_side(facts.default_side / ratio**0.5)
    return (
        width if width is not None else whole_side((height or 0) * ratio),
        height if height is not None else whole_side((width or 0) / ratio),
    )


class _Arguments:
    """What a pipeline is called with: only what its signature knows. What it can't take is in `warnings`.

    Raises `ValidationFailed`.
    """

    def __init__(self, pipeline: Any, plan: _Plan) -> None:
        self.warnings: list[str] = []
        known = inspect.signature(type(pipeline).__call__).parameters
        offered = {
            "prompt": plan.prompt,
            "width": plan.width,
            "height": plan.height,
            "num_inference_steps": plan.steps,
            "num_images_per_prompt": 1,
            "output_type": "pil",
        }
        if plan.source is not None:
            strength = DEFAULT_STRENGTH if plan.strength is None else plan.strength
            offered |= {"image": plan.source, "strength": strength}
            if "strength" in known and int(plan.steps * strength) < 1:
                raise ValidationFailed.of(
                    "parameters.strength", f"with {plan.steps} steps at least {1.01 / plan.steps:.2f}"
                )
        self.values = {name: value for name, value in offered.items() if name in known}
        if plan.strength is not None and "strength" not in known:
            self.warnings.append("the model takes no strength")
        # In the family of Qwen, `guidance_scale` is for distilled models and `true_cfg_scale` is guidance; in that of
        # Flux it is the other way round, and without `true_cfg_scale` the negative prompt is not read.
        scale = "guidance_scale"
        if "true_cfg_scale" in known and (scale not in known or known[scale].default is None):
            scale = "true_cfg_scale"
        embedded = getattr(getattr(pipeline, "transformer", None), "config", {}).get("guidance_embeds", True)
        if plan.guidance is not None:
            if scale in known and embedded:
                self.values[scale] = plan.guidance
            else:
                self.warnings.append("the model works without guidance")
        reads_negative = "negative_prompt" in known and ("true_cfg_scale" not in known or scale == "true_cfg_scale")
        if plan.negative_prompt and reads_negative:
            self.values["negative_prompt"] = plan.negative_prompt
        elif plan.negative_prompt:
            self.warnings.append("the model takes no negative prompt")
        elif scale == "true_cfg_scale" and scale in self.values and reads_negative:
            self.values["negative_prompt"] = " "  # guidance is away from something: without it there would be none


class _Steps:
    """Tells of the steps of one of several pictures, and breaks off between them."""

    def __init__(self, pipeline: Any, plan: _Plan, work: Work, index: int, *, previews: bool) -> None:
        self._pipeline = pipeline
        self._plan = plan
        self._work = work
        self._index = index
        self._previews = previews
        self._known = inspect.signature(type(pipeline).__call__).parameters

    def argument(self) -> dict[str, Any]:
        """The argument that makes the pipeline tell."""
        if "callback_on_step_end" in self._known:
            return {"callback_on_step_end": step_callback(self._work, self._told)}
        if "callback" in self._known:  # older families
            return {"callback": lambda index, _timestep, latents: self._told(index + 1, {"latents": latents})}
        return {}

    def _told(self, step: int, tensors: dict[str, Any]) -> None:
        # A scheduler may take more steps than asked for, and image to image takes fewer; it is known by now.
        steps = max(step, getattr(self._pipeline, "num_timesteps", None) or self._plan.steps)
        preview = None
        every = -(-steps // (PREVIEWS + 1))
        if self._previews and step % every == 0 and step < steps:
            preview = self._preview(tensors.get("latents"))
        self._work.progress(self._index * steps + step, self._plan.count * steps, preview)

    def _preview(self, latents: Any) -> bytes | None:
        """What is there so far, small; None where the model's latents can't be read that way."""
        try:
            picture = _decoded(self._pipeline, latents, self._plan.width, self._plan.height)
        except Cancelled:
            raise
        except Exception as error:  # a picture without previews is better than none
            print(f"no previews: {error}", file=sys.stderr)  # noqa: T201 - the gateway keeps what a worker says there
            picture, self._previews = None, False
        return None if picture is None else saved(picture, "png")


@torch.no_grad()  # type: ignore[untyped-decorator]
def _decoded(pipeline: Any, latents: Any, width: int, height: int) -> Image.Image | None:
    """Latents, shrunk first, as a small picture."""
    vae = getattr(pipeline, "vae", None)
    if vae is None or latents is None:
        return None
    if latents.ndim == 3 and hasattr(pipeline, "_unpack_latents"):  # (1, patches, channels), as Flux has them
        latents = pipeline._unpack_latents(latents, height, width, pipeline.vae_scale_factor)
    if latents.ndim != 4 or latents.shape[1] != vae.config.latent_channels:
        return None
    rows, columns = latents.shape[-2:]
    factor = min(1.0, PREVIEW_LATENTS / max(rows, columns))
    size = (max(1, round(rows * factor)), max(1, round(columns * factor)))
    small = torch.nn.functional.interpolate(latents.float(), size=size, mode="area")
    small = small / vae.config.scaling_factor + (vae.config.get("shift_factor") or 0)
    with torch.autocast(latents.device.type, torch.bfloat16, enabled=vae.dtype == torch.float16):  # SDXL overflows
        decoded = vae.decode(small.to(vae.dtype), return_dict=False)[0]
    picture = pipeline.image_processor.postprocess(decoded.float(), output_type="pil")[0]
    return picture if isinstance(picture, Image.Image) else None


def _cut_prompts(pipeline: Any, plan: _Plan) -> list[str]:
    """Warnings where the text encoders do not read all of a prompt."""
    longest = inspect.signature(type(pipeline).__call__).parameters.get("max_sequence_length")
    limits: dict[str, tuple[Any, int]] = {}
    for name, part in pipeline.components.items():
        if isinstance(part, transformers.PreTrainedTokenizerBase):
            others = longest is not None and isinstance(longest.default, int) and "CLIP" not in type(part).__name__
            limits[name] = part, min(part.model_max_length, longest.default if others and longest else sys.maxsize)
    warnings = []
    for name, prompt in (("prompt", plan.prompt), ("negative prompt", plan.negative_prompt)):
        cut = {}
        for tokenizer, limit in limits.values():
            tokens = len(tokenizer(prompt, truncation=False, verbose=False).input_ids)
            if tokens > limit:
                cut[limit] = tokens
        readers = sum(limit not in cut for _, limit in limits.values())
        for limit, tokens in cut.items():
            who = "one of the model's text encoders" if readers else "the model"
            warnings.append(f"{who} reads the first {limit} of the {name}'s {tokens} tokens alone")
    return warnings
