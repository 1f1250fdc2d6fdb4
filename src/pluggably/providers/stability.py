"""Stability AI: Stable Image, and Stable Fast 3D from one image. Both answer at once.

Source of the format: https://platform.stability.ai/docs/api-reference
"""

from __future__ import annotations

from typing import Any

from pluggably.contract.calls import Call, Reply
from pluggably.contract.credentials import BearerKey
from pluggably.contract.media import Made, MediaModel, MediaRequest, VendorResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.errors import PluggablyError, ProviderError, UnsupportedFeature, ValidationFailed
from pluggably.providers._credits import CreditBalance
from pluggably.providers._media_shape import (
    IMAGES,
    at_most,
    choice,
    decoded,
    detail_of,
    image_file,
    json_object,
    number,
    parameters,
    prompt_of,
    refused,
    renamed,
)
from pluggably.providers._multipart import Part, form, text_parts

_WHO = "Stability AI"
_LONGEST_PROMPT = 10_000
_STRENGTH = 0.6
_NAMES = {"format": "output_format", "guidance": "cfg_scale"}
_RATIOS = ["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"]
_STYLES = [
    "3d-model", "analog-film", "anime", "cinematic", "comic-book", "digital-art", "enhance", "fantasy-art",
    "isometric", "line-art", "low-poly", "modeling-compound", "neon-punk", "origami", "photographic", "pixel-art",
    "tile-texture",
]  # fmt: skip
_MORE: dict[str, dict[str, Any]] = {
    "aspect_ratio": {"enum": _RATIOS, "default": "1:1"},
    "seed": {"maximum": 2**32 - 2},
    "style_preset": choice("Style", "A look that guides the picture.", _STYLES),
    "strength": number("Strength", "How far the result may be from the image: 0 is the image.", 0, 1, whole=False),
}
_COMMON = ("aspect_ratio", "format", "negative_prompt", "seed")
_CORE = parameters(*_COMMON, more={name: _MORE[name] for name in ("aspect_ratio", "seed", "style_preset")})
_ULTRA = parameters(*_COMMON, more=_MORE)
_SD3 = parameters(
    *_COMMON,
    "guidance",
    more=_MORE | {"format": {"enum": ["png", "jpeg"]}, "guidance": {"minimum": 1, "maximum": 10}},
)
_MESH = parameters(
    more={
        "texture_resolution": {
            "title": "Texture resolution",
            "description": "Pixels of each side of the textures.",
            "type": "string",
            "enum": ["512", "1024", "2048"],
            "default": "1024",
            "examples": ["1024"],
        },
        "foreground_ratio": number("Foreground", "How much of the picture the object fills.", 0.1, 1, whole=False),
        "remesh": choice("Remesh", "The kind of faces that the mesh gets.", ["none", "triangle", "quad"], "none"),
    }
)


class _Explains:
    """Stability's errors: `{"id", "name", "errors": ["…"]}`."""

    def explain(self, reply: Reply) -> PluggablyError | None:
        """A refused prompt has status 403, as a refused key has; a bad field 400 or 422."""
        name, said = detail_of(reply, "name"), detail_of(reply, "errors")
        reason = str(said[0])[:300] if isinstance(said, list) and said else ""
        if name == "content_moderation":
            return refused(_WHO, reason)
        if reply.status in (400, 422) and reason:
            return ValidationFailed.of("parameters", f"{_WHO}: {reason}", "provider")
        return None


class StabilityImages(_Explains):
    """Stable Image Ultra and Core, Stable Diffusion 3.5."""

    models = ("ultra", "core", "sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium", "sd3.5-flash")

    def claims(self, model: str) -> bool:
        """The shipped table's and later ones of Stable Diffusion."""
        return model in self.models or model.startswith("sd3")

    def describe(self, model: str) -> MediaModel:
        """What each service documents."""
        if model in ("core", "ultra"):
            schema = _CORE if model == "core" else _ULTRA
            return MediaModel(schema, takes_images=model == "ultra", output_formats=("png", "jpeg", "webp"))
        return MediaModel(_SD3, takes_images=True, output_formats=("png", "jpeg"))

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """`POST /v2beta/stable-image/generate/{ultra,core,sd3}`, multipart."""
        service = model if model in ("core", "ultra") else "sd3"
        at_most(request, 0 if service == "core" else 1, f"{_WHO}'s {model}")
        given = request.parameters
        if not request.images and "strength" in given:
            raise UnsupportedFeature("`strength` needs an image to start from.", param="parameters.strength")
        fields: dict[str, Any] = {"prompt": prompt_of(request, _LONGEST_PROMPT, _WHO), **renamed(given, _NAMES)}
        if service == "sd3":
            fields["model"] = model
        if request.images and service == "sd3":
            if "aspect_ratio" in given:
                raise UnsupportedFeature("The image gives the size.", param="parameters.aspect_ratio")
            fields["mode"] = "image-to-image"
        if request.images and "strength" not in given:
            fields["strength"] = _STRENGTH
            request.warnings.append(f"No `strength` was given: {_STRENGTH} was taken.")
        parts = [*text_parts(fields), *(_file(image) for image in request.images)]
        if not request.images:
            parts.append(
                Part("none", b"")
            )  # the vendor takes nothing but multipart, which has a file or an empty field
        body, headers = form(parts)
        return Call(
            f"/v2beta/stable-image/generate/{service}", body, headers={**headers, "accept": "application/json"}
        )

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """`{"image", "finish_reason", "seed"}`."""
        body = json_object(reply, _WHO)
        if body.get("finish_reason") == "CONTENT_FILTERED":
            raise refused(_WHO)
        return VendorResult([Made(decoded(body.get("image"), _WHO))])


class StabilityMeshes(_Explains):
    """Stable Fast 3D."""

    models = ("stable-fast-3d",)

    def claims(self, model: str) -> bool:
        """The shipped table's."""
        return model in self.models

    def describe(self, model: str) -> MediaModel:
        """What the service documents."""
        return MediaModel(_MESH, takes_images=True, output_formats=("glb",))

    def prepare(self, request: MediaRequest, model: str) -> Call:
        """`POST /v2beta/3d/stable-fast-3d`, multipart."""
        if not request.images:
            raise UnsupportedFeature("Stable Fast 3D makes a mesh from an image; there is none.", param=IMAGES)
        at_most(request, 1, "Stable Fast 3D")
        if request.prompt.strip():
            request.warnings.append("The prompt has no effect: the mesh is made from the image.")
        body, headers = form([*text_parts(request.parameters), _file(request.images[0])])
        return Call("/v2beta/3d/stable-fast-3d", body, headers=headers)

    def read(self, reply: Reply, request: MediaRequest, model: str) -> VendorResult:
        """The GLB itself."""
        if not reply.body:
            raise ProviderError(f"{_WHO} sent nothing.")
        return VendorResult([Made(reply.body)])


def _file(url: str) -> Part:
    media_type, data = image_file(url)
    return Part("image", data, media_type, f"image.{media_type.rpartition('/')[2]}")


STABILITY = Provider(
    name="stability",
    title="Stability AI",
    base_url="https://api.stability.ai",
    adapters={Modality.IMAGE: StabilityImages(), Modality.MESH: StabilityMeshes()},
    credentials=(BearerKey(),),
    credits=CreditBalance("/v1/user/balance", "credits"),
)
