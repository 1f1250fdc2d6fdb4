"""The engine of mesh models: Shap-E in diffusers, from a text or from an image."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import ShapEImg2ImgPipeline, ShapEPipeline
from diffusers.pipelines.shap_e.renderer import MeshDecoderOutput
from PIL import Image, ImageOps

from pluggably.errors import UnsupportedFeature, ValidationFailed
from pluggably.runtimes._media_server import Job, MeshItem, Output, Work
from pluggably.runtimes._mesh_files import coloured_file
from pluggably.runtimes._mesh_parameters import (
    DEFAULT_RESOLUTION,
    DEFAULT_STEPS,
    FORMATS,
    IMAGE_GUIDANCE,
    MAX_GUIDANCE,
    MAX_SEED,
    MAX_STEPS,
    RESOLUTIONS,
    TEXT_GUIDANCE,
)
from pluggably.runtimes._mesh_preview import preview
from pluggably.runtimes._mesh_surface import Surface, clean
from pluggably.runtimes._parameter_values import choice, number, whole
from pluggably.runtimes._pictures import read_picture
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
    weights_bytes,
)
from pluggably.runtimes._raster import srgb

LARGEST_SIDE = 1024
"""Pixels of an input image that are looked at; the encoder makes it smaller still."""
POINTS_AT_ONCE = 4096
"""Places in space that are asked about in one go: bounds memory, and the time in which nobody can stop it."""
BLOCK = 32
"""Cells along each side of the blocks in which the surface is built."""
MESHING_STEPS = 5
"""What progress counts after the model's own steps: the surface, and last its file and its picture."""


class _NoSurface(Exception):
    """The model sees nothing, or nothing but insides, in all of space."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A job, read and checked."""

    given: dict[str, Any]
    """The pipeline's argument that says what to make."""
    steps: int
    guidance: float
    resolution: int
    seed: int
    kind: str
    warnings: list[str]


class MeshEngine:
    """One pipeline. The same job gives the same bytes on the same machine. Implements `_media_server.Engine`."""

    modalities = frozenset({"3d"})

    def __init__(self, folder: Path) -> None:
        """Load the pipeline in a folder. Raises `Refused`."""
        self._device = choose_device()
        self._dtype = dtype_for(self._device)
        pipeline = load_pipeline(folder, dtype=self._dtype)
        if not isinstance(pipeline, (ShapEPipeline, ShapEImg2ImgPipeline)):
            raise Refused(f"a {type(pipeline).__name__} makes no meshes; use a Shap-E pipeline")
        self._takes_images = isinstance(pipeline, ShapEImg2ImgPipeline)
        renderer = pipeline.shap_e_renderer
        if not renderer.mesh_decoder.masks.any():
            raise Refused(
                "its shap_e_renderer lacks the tables of marching cubes, so that every mesh would be empty; "
                "fetch the model again, or convert its checkpoint again"
            )
        renderer.float()  # it makes waves of places, up to 16,384 of them: half precision can't tell these apart
        try:
            self._placed = place(pipeline, self._device)
        except Exception as error:
            if not out_of_memory(error):
                raise
            raise Refused(f"its weights do not fit into the memory of the device ({self._device})") from error
        self._pipeline: Any = pipeline
        self._interrupter = Interrupter(pipeline)
        renderer.mesh_decoder = _InBlocks(renderer.mesh_decoder)

    def details(self) -> dict[str, Any]:
        """What the gateway should know of the model that is loaded."""
        return {
            "modalities": sorted(self.modalities),
            "pipeline": type(self._pipeline).__name__,
            "takes_images": self._takes_images,
            "placed": self._placed,
            "weights_bytes": weights_bytes(self._pipeline),
            **device_details(self._device, self._dtype),
        }

    def generate(self, job: Job, work: Work) -> Output:
        """Do the job. Raises `ValidationFailed`, `InvalidImage`, `UnsupportedFeature`."""
        plan = self._plan(job)
        surface: Surface | None = None
        try:
            surface = self._surface(plan, work)
        except _NoSurface:
            raise _nothing(plan.seed) from None
        except Exception as error:
            if not out_of_memory(error):
                raise
        finally:  # with no error of full memory at hand any more: its traceback would hold on to what fills it
            self._pipeline.maybe_free_model_hooks()
        if surface is None:
            free_memory(self._device)
            raise ValidationFailed.of(
                "parameters.resolution",
                f"the memory of the device ({self._device}) does not suffice for this mesh; ask for a coarser one",
            )
        if not len(surface.faces):
            raise _nothing(plan.seed)
        work.checkpoint()
        colours = np.round(surface.colours * 255).astype(np.uint8) if plan.kind == "glb" else srgb(surface.colours)
        file = coloured_file(plan.kind, surface.vertices, surface.faces, colours, surface.normals)
        picture = preview(surface, work.checkpoint)
        work.progress(plan.steps + MESHING_STEPS, plan.steps + MESHING_STEPS, picture if job.previews else None)
        item = MeshItem(file.media_type, file.data, file.vertices, file.faces, picture)
        return Output([item], plan.seed, plan.warnings)

    def _plan(self, job: Job) -> _Plan:
        wanted = job.parameters
        warnings: list[str] = []
        given: dict[str, Any]
        if self._takes_images:
            if not job.images:
                raise UnsupportedFeature("The model needs an input image.", param="input.images")
            if len(job.images) > 1:
                raise UnsupportedFeature("The model takes one image, not several.", param="input.images")
            if job.prompt.strip():
                warnings.append("the prompt is not read: the model makes a mesh of the image alone")
            given = {"image": _square(read_picture(job.images[0], LARGEST_SIDE))}
        else:
            if job.images:
                raise UnsupportedFeature("The model takes no images.", param="input.images")
            if not job.prompt.strip():
                raise ValidationFailed.of("input.prompt", "the model needs a prompt", "missing")
            tokenizer = self._pipeline.tokenizer
            tokens = len(tokenizer(job.prompt, truncation=False, verbose=False).input_ids)
            if tokens > tokenizer.model_max_length:
                warnings.append(
                    f"the model reads the first {tokenizer.model_max_length} of the prompt's {tokens} tokens alone"
                )
            given = {"prompt": job.prompt}
        guidance = number(wanted, "guidance", 0, MAX_GUIDANCE)
        if guidance is None:
            guidance = IMAGE_GUIDANCE if self._takes_images else TEXT_GUIDANCE
        resolution = whole(wanted, "resolution", DEFAULT_RESOLUTION, min(RESOLUTIONS), max(RESOLUTIONS))
        if resolution not in RESOLUTIONS:
            raise ValidationFailed.of("parameters.resolution", f"one of {', '.join(map(str, RESOLUTIONS))}")
        kind = choice(wanted, "format", FORMATS, "glb")
        if kind == "stl":
            warnings.append("STL holds no colours")
        return _Plan(
            given=given,
            steps=whole(wanted, "steps", DEFAULT_STEPS, 1, MAX_STEPS),
            guidance=guidance,
            resolution=resolution,
            seed=whole(wanted, "seed", secrets.randbelow(MAX_SEED + 1), 0, MAX_SEED),
            kind=kind,
            warnings=warnings,
        )

    def _surface(self, plan: _Plan, work: Work) -> Surface:
        pipeline = self._pipeline
        with self._interrupter.during(work), _telling(pipeline, plan, work):
            latents = pipeline(
                **plan.given,
                num_inference_steps=plan.steps,
                guidance_scale=plan.guidance,
                generator=torch.Generator("cpu").manual_seed(plan.seed),
                output_type="latent",
            ).images
            made = pipeline.shap_e_renderer.decode_to_mesh(
                latents.float(), latents.device, grid_size=plan.resolution, query_batch_size=POINTS_AT_ONCE
            )
            vertices = made.verts.cpu().numpy().astype(np.float64)
            colours = torch.stack([made.vertex_channels[channel] for channel in "RGB"], dim=1).cpu().numpy()
            return clean(vertices, made.faces.cpu().numpy(), colours)


class _InBlocks(torch.nn.Module):  # type: ignore[misc]
    """A `MeshDecoder` that gets the field in blocks, and only those through which the surface goes.

    In one piece it would take seconds in which nobody can stop it, and a gigabyte (resolution 128). What two blocks
    make of an edge that they share are the same numbers: places are whole within blocks, as 32 is a power of two.
    """

    def __init__(self, decoder: Any) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, field: Any, min_point: Any, size: Any) -> MeshDecoderOutput:
        """As `MeshDecoder.forward`; vertices that blocks share occur in each. Raises `_NoSurface`."""
        shape = field.shape
        missing = [number for side in reversed(shape) for number in (0, -(side - 1) % BLOCK)]
        field = torch.nn.functional.pad(field, missing, value=-1.0)
        extent = torch.full((3,), float(BLOCK), device=field.device)
        vertices: list[Any] = []
        faces: list[Any] = []
        count = 0
        for corner in product(*(range(0, side - 1, BLOCK) for side in shape)):
            block = field[tuple(slice(start, start + BLOCK + 1) for start in corner)]
            inside = block > 0
            if inside.all() or not inside.any():
                continue
            made = self.decoder(block, torch.tensor(corner, dtype=torch.float32, device=field.device), extent)
            vertices.append(made.verts)
            faces.append(made.faces + count)
            count += len(made.verts)
        if not count:
            raise _NoSurface
        cells = torch.tensor(shape, dtype=torch.float32, device=field.device) - 1
        return MeshDecoderOutput(
            verts=torch.cat(vertices) / cells * size + min_point, faces=torch.cat(faces), vertex_channels=None
        )


@contextmanager
def _telling(pipeline: Any, plan: _Plan, work: Work) -> Iterator[None]:
    """Within this, the work's progress is told: the pipelines themselves know no callbacks."""
    steps = plan.steps + MESHING_STEPS
    asked = -(-(plan.resolution**3) // POINTS_AT_ONCE)
    calls = {"prior": 0, "mlp": 0}
    told = 0

    def tell(step: int) -> None:
        nonlocal told
        if step > told:
            told = step
            work.progress(step, steps)

    def after_prior(*_: Any) -> None:
        calls["prior"] += 1
        tell(calls["prior"] * plan.steps // len(pipeline.scheduler.timesteps))  # Heun's method asks twice a step

    def after_mlp(*_: Any) -> None:
        calls["mlp"] += 1
        tell(plan.steps + min(MESHING_STEPS - 1, calls["mlp"] * (MESHING_STEPS - 1) // asked))

    hooks = [
        pipeline.prior.register_forward_hook(after_prior),
        pipeline.shap_e_renderer.mlp.register_forward_hook(after_mlp),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _square(picture: Image.Image) -> Image.Image:
    """All of a picture in a square: the encoder would cut its ends off."""
    side = max(picture.size)
    return ImageOps.pad(picture, (side, side), color="white")


def _nothing(seed: int) -> ValidationFailed:
    return ValidationFailed.of(
        "parameters.seed",
        f"the model found no surface with seed {seed}; try another seed, more steps, or a plainer prompt or image",
    )
