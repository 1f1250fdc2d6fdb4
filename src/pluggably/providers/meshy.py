"""Meshy: 3D from text (a preview mesh, then textures in a second task) and from an image.

Source of the format: https://docs.meshy.ai/api/text-to-3d, https://docs.meshy.ai/api/image-to-3d
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.credentials import BearerKey
from pluggably.contract.media import Made, MediaModel, MediaProgress, MediaRequest, NextCall, VendorResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.errors import ProviderError
from pluggably.providers._credits import CreditBalance, amount
from pluggably.providers._media_shape import (
    at_most,
    choice,
    failed,
    json_object,
    number,
    parameters,
    percent,
    prompt_of,
    switch,
    task_id,
)
from pluggably.providers._openai_shape import JSON_HEADERS

_WHO = "Meshy"
_LONGEST_PROMPT = 600
_TEXT, _IMAGE = "/v2/text-to-3d", "/v1/image-to-3d"
_OF_TEXTURES = ("enable_pbr", "texture_prompt")
_PARAMETERS = parameters(
    "seed",
    more={
        "textured": switch("Textured", "Paint the mesh: from text this is a second task.", default=True),
        "enable_pbr": switch("PBR maps", "Metallic, roughness and normal maps beside the colours.", default=False),
        "texture_prompt": {
            "title": "Texture prompt",
            "description": "What the surface looks like.",
            "type": "string",
            "maxLength": 600,
        },
        "topology": choice("Topology", "The kind of faces.", ["triangle", "quad"], "triangle"),
        "target_polycount": number("Faces", "About how many faces the mesh has.", 100, 300_000),
        "should_remesh": switch("Remesh", "Whether topology and number of faces are to be followed.", default=True),
        "symmetry_mode": choice("Symmetry", "Whether both halves are alike.", ["off", "auto", "on"], "auto"),
        "moderation": switch("Moderation", "Whether the vendor screens the input.", default=False),
    },
)


class MeshyMeshes:
    """Meshes from Meshy; the model's name is Meshy's `ai_model`."""

    models = ("meshy-6", "meshy-5")

    def claims(self, model: str) -> bool:
        """Everything: Meshy makes nothing else."""
        return True

    def describe(self, model: str) -> MediaModel:
        """The same parameters for every model."""
        return MediaModel(_PARAMETERS, takes_images=True, output_formats=("glb",))

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """The first task: from the image, or a preview from the text."""
        at_most(request, 1, _WHO)
        given = request.parameters
        idle = [name for name in _OF_TEXTURES if name in given and not _textured(request)]
        request.warnings += [f"`{name}` has no effect without `textured`." for name in idle]
        common = {name: value for name, value in given.items() if name not in ("textured", *_OF_TEXTURES)}
        if request.images:
            if request.prompt.strip():
                request.warnings.append("The prompt has no effect: the mesh is made from the image.")
            painted = {name: given[name] for name in _OF_TEXTURES if name in given}
            body = {"image_url": request.images[0], "should_texture": _textured(request), **painted}
            return _post(_IMAGE, {**body, "ai_model": model, **common})
        prompt = prompt_of(request, _LONGEST_PROMPT, _WHO)
        return _post(_TEXT, {"mode": "preview", "prompt": prompt, "ai_model": model, **common})

    def next_call(self, reply: Reply, request: MediaRequest, model: str) -> NextCall | None:
        """Follow the task; after the preview of a text comes the task that paints it."""
        body = json_object(reply, _WHO)
        path = _IMAGE if request.images else _TEXT
        if "status" not in body:
            return _follow(path, task_id(body, "result", _WHO), None)
        task, status = task_id(body, "id", _WHO), body["status"]
        two = _textured(request) and not request.images
        painting = str(body.get("type", "")).endswith("refine") or body.get("mode") == "refine"
        if status in ("PENDING", "IN_PROGRESS"):
            return _follow(path, task, _progress(body, two=two, painting=painting))
        if status == "SUCCEEDED":
            if two and not painting:
                given = {name: request.parameters[name] for name in _OF_TEXTURES if name in request.parameters}
                paint = {"mode": "refine", "preview_task_id": task, "ai_model": model, **given}
                spent = amount(body.get("consumed_credits"))
                return NextCall(_post(_TEXT, paint), poll=False, progress=MediaProgress(50.0), credits=spent)
            return None
        if status == "CANCELED":
            raise ProviderError("The task was cancelled at Meshy.")
        error = body.get("task_error")
        raise failed(_WHO, error.get("message") if isinstance(error, dict) else None)

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"model_urls": {"glb"}, "thumbnail_url", "consumed_credits"}`."""
        body = json_object(reply, _WHO)
        links = body.get("model_urls")
        glb = links.get("glb") if isinstance(links, dict) else None
        if not isinstance(glb, str):
            raise ProviderError("Meshy's answer has no GLB in it.")
        picture = body.get("thumbnail_url")
        made = Made(url=glb, preview_url=picture if isinstance(picture, str) else None)
        return VendorResult([made], credits=amount(body.get("consumed_credits")))


def _textured(request: MediaRequest) -> bool:
    return bool(request.parameters.get("textured", True))


def _post(path: str, body: dict[str, Any]) -> Call:
    return Call(path, to_json(body), headers=JSON_HEADERS)


def _follow(path: str, task: str, progress: MediaProgress | None) -> NextCall:
    # Deleting a task ends it; there is no other call that does.
    return NextCall(
        Call(f"{path}/{task}", method="GET"), progress=progress, cancel=Call(f"{path}/{task}", method="DELETE")
    )


def _progress(body: dict[str, Any], *, two: bool, painting: bool) -> MediaProgress | None:
    before = body.get("preceding_tasks")
    if body["status"] == "PENDING" and isinstance(before, int) and not painting:
        return MediaProgress(queue_position=max(0, before) + 1)
    done = percent(body.get("progress"))
    if done is None or body["status"] == "PENDING":
        return None
    return MediaProgress((done + 100 * painting) / 2 if two else done)


MESHY = Provider(
    name="meshy",
    title="Meshy",
    base_url="https://api.meshy.ai/openapi",
    adapters={Modality.MESH: MeshyMeshes()},
    credentials=(BearerKey(),),
    credits=CreditBalance("/v1/balance", "balance"),
)
