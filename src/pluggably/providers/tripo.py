"""Tripo: 3D from text, and from an image that is uploaded first.

Tripo documents no call that stops a task: one that nobody waits for any more ends by itself.
Source of the format: https://platform.tripo3d.ai/docs/task
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from pluggably.contract.calls import Call, Reply
from pluggably.contract.credentials import BearerKey
from pluggably.contract.media import Made, MediaModel, MediaProgress, MediaRequest, NextCall, VendorResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.errors import CreditsExhausted, PluggablyError, ProviderError
from pluggably.providers._credits import CreditBalance, amount
from pluggably.providers._media_shape import (
    at_most,
    choice,
    detail_of,
    failed,
    image_file,
    json_object,
    number,
    parameters,
    percent,
    prompt_of,
    refused,
    switch,
    task_id,
    text_in,
)
from pluggably.providers._multipart import Part, form
from pluggably.providers._openai_shape import JSON_HEADERS

_WHO = "Tripo"
_LONGEST_PROMPT = 1024
_REFUSED, _NO_CREDITS = 2008, 2010
_TYPES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_PARAMETERS = parameters(
    "negative_prompt",
    "seed",
    more={
        "negative_prompt": {"maxLength": 255},
        "texture": switch("Texture", "Paint the mesh.", default=True),
        "pbr": switch("PBR materials", "Metallic and roughness beside the colours.", default=True),
        "texture_quality": choice("Texture quality", "Finer costs more.", ["standard", "detailed"], "standard"),
        "geometry_quality": choice("Geometry quality", "Finer costs more.", ["standard", "detailed"], "standard"),
        "face_limit": number("Faces", "At most so many faces.", 48, 500_000),
        "auto_size": switch("Real size", "Scale the object to its size in metres.", default=False),
    },
)
_NAMES = {"seed": "model_seed"}


class TripoMeshes:
    """Meshes from Tripo; the model's name is Tripo's `model_version`."""

    models = ("v3.0-20250812", "v2.5-20250123", "Turbo-v1.0-20250506")

    def claims(self, model: str) -> bool:
        """Everything: Tripo makes nothing else."""
        return True

    def describe(self, model: str) -> MediaModel:
        """The same parameters for every version."""
        return MediaModel(_PARAMETERS, takes_images=True, output_formats=("glb",))

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """The task, or the upload of its image."""
        at_most(request, 1, _WHO)
        if request.images:
            if request.prompt.strip():
                request.warnings.append("The prompt has no effect: the mesh is made from the image.")
            media_type, data = image_file(request.images[0])
            body, headers = form([Part("file", data, media_type, f"image.{_TYPES.get(media_type, 'png')}")])
            return Call("/upload/sts", body, headers=headers)
        task = {"type": "text_to_model", "prompt": prompt_of(request, _LONGEST_PROMPT, _WHO)}
        return _create(task, request, model)

    def next_call(self, reply: Reply, request: MediaRequest, model: str) -> NextCall | None:
        """After the upload the task, then its progress."""
        data = _data(reply)
        if "image_token" in data:
            media_type = image_file(request.images[0])[0]
            file = {"type": _TYPES.get(media_type, "png"), "file_token": text_in(data, "image_token", _WHO)}
            return NextCall(_create({"type": "image_to_model", "file": file}, request, model), poll=False)
        follow = Call(f"/task/{task_id(data, 'task_id', _WHO)}", method="GET")
        status = data.get("status")
        if status == "success":
            return None
        if status == "banned":
            raise refused(_WHO)
        if status in ("failed", "cancelled", "expired", "unknown"):
            raise failed(_WHO, data.get("error_msg") or f"the task is {status}")
        return NextCall(follow, progress=_progress(data))

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"output": {"pbr_model", "model", "base_model", "rendered_image"}, "consumed_credit"}`."""
        data = _data(reply)
        output = data.get("output")
        links = output if isinstance(output, dict) else {}
        mesh = next((links[name] for name in ("pbr_model", "model", "base_model") if links.get(name)), None)
        if not isinstance(mesh, str):
            raise ProviderError("Tripo's answer has no mesh in it.")
        picture = links.get("rendered_image")
        made = Made(url=mesh, preview_url=picture if isinstance(picture, str) else None)
        return VendorResult([made], credits=amount(data.get("consumed_credit")))

    def explain(self, reply: Reply) -> PluggablyError | None:
        """`{"code", "message", "suggestion"}`: the code says more than the status does."""
        return _meaning(detail_of(reply, "code"), detail_of(reply, "message"))


def _create(task: dict[str, Any], request: MediaRequest, model: str) -> Call:
    given = {_NAMES.get(name, name): value for name, value in request.parameters.items()}
    return Call("/task", to_json({**task, "model_version": model, **given}), headers=JSON_HEADERS)


def _data(reply: Reply) -> dict[str, Any]:
    body = json_object(reply, _WHO)
    data = body.get("data")
    if body.get("code") != 0 or not isinstance(data, dict):
        raise _meaning(body.get("code"), body.get("message")) or failed(_WHO, body.get("message"))
    return data


def _meaning(code: object, message: object) -> PluggablyError | None:
    if code == _REFUSED:
        return refused(_WHO, message)
    if code == _NO_CREDITS:
        return CreditsExhausted("The account with Tripo has no credits left.")
    return None


def _progress(data: dict[str, Any]) -> MediaProgress | None:
    left = data.get("running_left_time")
    eta_s = float(left) if isinstance(left, int | float) and left >= 0 else None
    if data.get("status") == "queued":
        place = data.get("queue_position")
        waits = isinstance(place, int) and not isinstance(place, bool)
        return MediaProgress(queue_position=max(1, int(str(place))), eta_s=eta_s) if waits else None
    done = percent(data.get("progress"))
    return None if done is None else MediaProgress(done, eta_s=eta_s)


TRIPO = Provider(
    name="tripo",
    title="Tripo",
    base_url="https://api.tripo3d.ai/v2/openapi",
    adapters={Modality.MESH: TripoMeshes()},
    credentials=(BearerKey(),),
    credits=CreditBalance("/user/balance", "data", "balance"),
)
