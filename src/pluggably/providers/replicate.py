"""Replicate: models of everybody, each with inputs of its own, as predictions that are polled.

Source of the format: https://replicate.com/docs/reference/http
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.credentials import BearerKey
from pluggably.contract.media import Made, MediaModel, MediaProgress, MediaRequest, NextCall, VendorResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.errors import ProviderError, UnsupportedFeature
from pluggably.providers._media_shape import (
    at_most,
    failed,
    json_object,
    parameters,
    renamed,
    task_id,
)
from pluggably.providers._openai_shape import JSON_HEADERS

_WHO = "Replicate"
_NAME = re.compile(r"([\w.-]+)/([\w.-]+)(?::([0-9a-f]{40,64}))?")
_PERCENT = re.compile(r"(\d{1,3})%\|")
_LOGS_READ = 2000
_NAMES = {"count": "num_outputs", "steps": "num_inference_steps", "format": "output_format"}
_IMAGE_FIELDS = {
    "google/nano-banana": "image_input",
    "bytedance/seedream-4": "image_input",
    "black-forest-labs/flux-kontext-pro": "input_image",
    "black-forest-labs/flux-kontext-max": "input_image",
    "firtoz/trellis": "images",
}
"""What models call their input image where it is not `image`."""
_LISTS = frozenset({"image_input", "images"})
_MESH_KEYS = ("model_file", "mesh", "model", "glb", "output")
_IMAGE_PARAMETERS = parameters(
    "aspect_ratio", "count", "format", "seed", "steps", "guidance", "negative_prompt", open_ended=True,
    more={"format": {"enum": ["png", "jpg", "webp"], "default": "webp"}},
)  # fmt: skip
_MESH_PARAMETERS = parameters("seed", "steps", open_ended=True)


class _Predictions:
    """What images and meshes share."""

    models: tuple[str, ...]

    def claims(self, model: str) -> bool:
        """The shipped table's, in any version."""
        return model.partition(":")[0] in self.models

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """A prediction of an official model, or of `OWNER/NAME:VERSION`. What is not in the schema goes to the model
        as it is: its page says what it takes."""
        name = _NAME.fullmatch(model)
        if name is None or ".." in model:
            raise UnsupportedFeature(
                f"{model[:100]!r} is no model of Replicate's: one is called `OWNER/NAME` or `OWNER/NAME:VERSION`.",
                param="model",
            )
        fields: dict[str, Any] = renamed(request.parameters, _NAMES)
        if request.prompt:
            fields["prompt"] = request.prompt
        if request.images:
            field = _IMAGE_FIELDS.get(f"{name[1]}/{name[2]}", "image")
            at_most(request, 16 if field in _LISTS else 1, model)
            fields[field] = request.images if field in _LISTS else request.images[0]
        if name[3]:
            return Call("/predictions", to_json({"version": name[3], "input": fields}), headers=JSON_HEADERS)
        return Call(f"/models/{name[1]}/{name[2]}/predictions", to_json({"input": fields}), headers=JSON_HEADERS)

    def next_call(self, reply: Reply, request: MediaRequest, model: str) -> NextCall | None:
        """Follow the prediction; progress is what its log says."""
        body = json_object(reply, _WHO)
        task, status = task_id(body, "id", _WHO), body.get("status")
        if status == "succeeded":
            return None
        if status in ("failed", "canceled", "aborted"):
            raise failed(_WHO, body.get("error") or f"the prediction is {status}")
        path = f"/predictions/{task}"
        done = _PERCENT.findall(str(body.get("logs") or "")[-_LOGS_READ:])
        progress = MediaProgress(float(min(100, int(done[-1])))) if done else None
        return NextCall(Call(path, method="GET"), progress=progress, cancel=Call(f"{path}/cancel"))


class ReplicateImages(_Predictions):
    """Images from Replicate."""

    models = (
        "black-forest-labs/flux-schnell", "black-forest-labs/flux-1.1-pro", "black-forest-labs/flux-kontext-pro",
        "google/nano-banana", "bytedance/seedream-4",
    )  # fmt: skip

    def describe(self, model: str) -> MediaModel:
        """The parameters that most models have."""
        return MediaModel(_IMAGE_PARAMETERS, takes_images=True, output_formats=("png", "jpeg", "webp"))

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"output": "https://…"}`, or a list of addresses, or an object that holds some."""
        links = list(_links(json_object(reply, _WHO).get("output")))
        return VendorResult([Made(url=link) for link in links])


class ReplicateMeshes(_Predictions):
    """Meshes from Replicate."""

    models = ("firtoz/trellis", "tencent/hunyuan3d-2")

    def describe(self, model: str) -> MediaModel:
        """The parameters that most models have."""
        return MediaModel(_MESH_PARAMETERS, takes_images=True, output_formats=("glb",))

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """The address in the output that leads to a GLB."""
        output = json_object(reply, _WHO).get("output")
        named = [output[key] for key in _MESH_KEYS if key in output] if isinstance(output, dict) else []
        links = list(_links(named)) or list(_links(output))
        glb = [link for link in links if urlsplit(link).path.lower().endswith(".glb")] or links
        if not glb:
            raise ProviderError("Replicate's answer has no mesh in it.")
        return VendorResult([Made(url=glb[0])])


def _links(output: Any) -> Iterator[str]:
    """Every address in an output, in order."""
    if isinstance(output, str):
        if output.startswith(("https://", "http://")):
            yield output
    elif isinstance(output, list | dict):
        for item in output.values() if isinstance(output, dict) else output:
            yield from _links(item)


REPLICATE = Provider(
    name="replicate",
    title="Replicate",
    base_url="https://api.replicate.com/v1",
    adapters={Modality.IMAGE: ReplicateImages(), Modality.MESH: ReplicateMeshes()},
    credentials=(BearerKey(),),
)
