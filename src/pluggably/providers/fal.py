"""fal: thousands of models behind one queue, each with inputs of its own.

Source of the format: https://docs.fal.ai/model-endpoints/queue
"""

from __future__ import annotations

import re

from pydantic_core import to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.credentials import KeyScheme
from pluggably.contract.media import Made, MediaModel, MediaProgress, MediaRequest, NextCall, VendorResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.errors import CreditsExhausted, PluggablyError, ProviderError, UnsupportedFeature, ValidationFailed
from pluggably.providers._media_shape import (
    at_most,
    detail_of,
    dimensions,
    failed,
    json_object,
    parameters,
    refused,
    renamed,
    task_id,
)
from pluggably.providers._openai_shape import JSON_HEADERS

_WHO = "fal"
_NAMES = {
    "count": "num_images",
    "steps": "num_inference_steps",
    "guidance": "guidance_scale",
    "format": "output_format",
}
_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)+")
_IMAGE_FIELDS = {
    "fal-ai/hunyuan3d/v2": "input_image_url",
    "fal-ai/nano-banana/edit": "image_urls",
    "fal-ai/flux-2": "image_urls",
}
"""What models call their input image where it is not `image_url`; a name that ends in `s` takes a list."""
_IMAGE_PARAMETERS = parameters(
    "size", "count", "format", "seed", "steps", "guidance", "negative_prompt", open_ended=True,
    more={"format": {"enum": ["png", "jpeg"]}},
)  # fmt: skip
_MESH_PARAMETERS = parameters("seed", "steps", "guidance", open_ended=True)


class _FalTasks:
    """What images and meshes share."""

    models: tuple[str, ...]

    def claims(self, model: str) -> bool:
        """The shipped table's."""
        return model in self.models

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """Into the queue. What is not in the schema goes to the model as it is: its page says what it takes."""
        if not _NAME.fullmatch(model) or ".." in model:
            raise UnsupportedFeature(
                f"{model[:100]!r} is no model of fal's: one is called `OWNER/NAME`.", param="model"
            )
        fields = renamed(request.parameters, _NAMES)
        if "size" in fields:
            width, height = dimensions(fields.pop("size"))
            fields["image_size"] = {"width": width, "height": height}
        if request.images:
            name = _IMAGE_FIELDS.get(model, "image_url")
            listed = name.endswith("s")
            at_most(request, 16 if listed else 1, model)
            fields[name] = request.images if listed else request.images[0]
        if request.prompt:
            fields["prompt"] = request.prompt
        return Call(f"/{model}", to_json(fields), headers=JSON_HEADERS)

    def next_call(self, reply: Reply, request: MediaRequest, model: str) -> NextCall | None:
        """The status until it is complete, then the result."""
        body = json_object(reply, _WHO)
        status = body.get("status")
        if status is None and "request_id" not in body:
            return None
        task = _task_path(model, task_id(body, "request_id", _WHO))
        if status == "COMPLETED":
            if body.get("error"):
                raise failed(_WHO, body["error"])
            return NextCall(Call(task, method="GET"), poll=False)
        if status in ("FAILED", "CANCELED", "CANCELLED"):
            raise failed(_WHO, body.get("error") or f"the task is {str(status).lower()}")
        place = body.get("queue_position")
        progress = None
        if status == "IN_QUEUE" and isinstance(place, int):
            progress = MediaProgress(queue_position=max(0, place) + 1)
        return NextCall(
            Call(f"{task}/status", method="GET"), progress=progress, cancel=Call(f"{task}/cancel", method="PUT")
        )

    def explain(self, reply: Reply) -> PluggablyError | None:
        """`{"detail": [{"loc", "msg", "type"}]}` from the model, `{"detail": "…"}` from the queue."""
        detail = detail_of(reply)
        if reply.status == 403 and isinstance(detail, str) and "exhausted balance" in detail.lower():
            return CreditsExhausted(f"The account with fal has no credits left. {detail[:300]}")
        first = detail[0] if isinstance(detail, list) and detail and isinstance(detail[0], dict) else None
        if first is None or reply.status != 422:
            return None
        said = first.get("msg")
        if first.get("type") in ("content_policy_violation", "no_media_generated"):
            return refused(_WHO, said)
        where = first.get("loc")
        place = [str(part) for part in where if part != "body"] if isinstance(where, list) else []
        return ValidationFailed.of(f"parameters.{'.'.join(place)[:100]}", f"fal: {str(said)[:300]}", "provider")


class FalImages(_FalTasks):
    """Images from fal."""

    models = ("fal-ai/flux/dev", "fal-ai/flux/schnell", "fal-ai/flux-2", "fal-ai/nano-banana/edit")

    def describe(self, model: str) -> MediaModel:
        """The parameters that most models have."""
        return MediaModel(_IMAGE_PARAMETERS, takes_images=True, output_formats=("png", "jpeg"))

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"images": [{"url"}], "has_nsfw_concepts": […]}`, or one `image`."""
        body = json_object(reply, _WHO)
        unsafe = body.get("has_nsfw_concepts")
        flags = unsafe if isinstance(unsafe, list) else []
        images = body.get("images") or body.get("image")
        several = images if isinstance(images, list) else [images]
        links = [image["url"] for image in several if isinstance(image, dict) and isinstance(image.get("url"), str)]
        if links and len(flags) >= len(links) and all(flags):
            raise refused(_WHO, "every image was taken for unsafe")
        kept = [link for number, link in enumerate(links) if number >= len(flags) or not flags[number]]
        left_out = len(links) - len(kept)
        warnings = [f"fal took {left_out} of {len(links)} images for unsafe; left out."] if left_out else []
        return VendorResult([Made(url=link) for link in kept], warnings)


class FalMeshes(_FalTasks):
    """Meshes from fal."""

    models = ("fal-ai/trellis", "fal-ai/hunyuan3d/v2", "fal-ai/triposr")

    def describe(self, model: str) -> MediaModel:
        """The parameters that most models have."""
        return MediaModel(_MESH_PARAMETERS, takes_images=True, output_formats=("glb",))

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"model_mesh": {"url"}}`; some models say `model_glb` or `mesh`."""
        body = json_object(reply, _WHO)
        for name in ("model_glb", "model_mesh", "mesh", "glb"):
            file = body.get(name)
            if isinstance(file, dict) and isinstance(file.get("url"), str):
                return VendorResult([Made(url=file["url"])])
        raise ProviderError("fal's answer has no mesh in it.")


def _task_path(model: str, task: str) -> str:
    """Where a task is: under its model's owner and name, without what may follow these."""
    owner, name, *_ = model.split("/")
    return f"/{owner}/{name}/requests/{task}"


FAL = Provider(
    name="fal",
    title="fal",
    base_url="https://queue.fal.run",
    adapters={Modality.IMAGE: FalImages(), Modality.MESH: FalMeshes()},
    credentials=(KeyScheme("Key"),),
)
