"""Models that come with Pluggably and need no weights: the procedural scene engine."""

from __future__ import annotations

from pluggably.contract.modality import Modality
from pluggably.features.models.engines import ENGINES, missing
from pluggably.routing.catalogue import LOCAL, Entry
from pluggably.runtimes.scenes.parameters import image_parameters, mesh_parameters

_ABOUT = (
    "Procedural, not a neural network: it reads simple scenes of things, colours, sizes, counts and places "
    "(“a red cube on a blue table”) and builds them, the same each time. What it can't read stands in `warnings`."
)


def builtin_entries() -> list[Entry]:
    """`scene-image` and `scene-3d`; where their engine is not installed they say what to install."""
    reason = missing(ENGINES["scene"])
    return [
        Entry(
            id=name,
            name=name,
            provider=LOCAL,
            modality=modality,
            status="disabled" if reason else "available",
            status_reason=reason,
            origin="listed",
            description=_ABOUT,
            capabilities={
                "max_context_tokens": None,
                "input_modalities": inputs,
                "output_formats": formats,
                "streaming": True,
                "tools": False,
                "json_schema": False,
                "hardware_requirements": {"memory_bytes": 128 * 2**20, "gpu_required": False},
            },
            parameters=parameters,
            source={"type": "builtin"},
            runtime={"engine": "scene", "reads_history": True},
        )
        for name, modality, inputs, formats, parameters in (
            ("scene-image", Modality.IMAGE, ["text", "image"], ["png", "jpeg", "webp"], image_parameters()),
            ("scene-3d", Modality.MESH, ["text"], ["glb", "obj", "stl", "ply"], mesh_parameters()),
        )
    ]
