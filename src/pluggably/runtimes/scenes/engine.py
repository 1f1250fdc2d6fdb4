"""The engine behind `scene-image` and `scene-3d`: a prompt in, pictures or a mesh out."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageOps

from pluggably.errors import InvalidImage, UnsupportedFeature, ValidationFailed
from pluggably.runtimes._media_server import ImageItem, Job, MeshItem, Output, Work
from pluggably.runtimes.scenes.files import mesh_file
from pluggably.runtimes.scenes.language import Description, read
from pluggably.runtimes.scenes.layout import arrange
from pluggably.runtimes.scenes.parameters import (
    DEFAULT_SIDE,
    DETAILS,
    IMAGE_FORMATS,
    LARGEST_SIDE,
    MAX_COUNT,
    MESH_FORMATS,
    SMALLEST_SIDE,
)
from pluggably.runtimes.scenes.render import draw

PREVIEW_SIDE = 128
MESH_PREVIEW_SIDE = 192
MAX_BACKDROP_PIXELS = 50_000_000
_SAVING: dict[str, dict[str, Any]] = {
    "png": {"format": "PNG", "compress_level": 3},
    "jpeg": {"format": "JPEG", "quality": 92},
    "webp": {"format": "WEBP", "quality": 90, "method": 2},
}


class SceneEngine:
    """Deterministic: the same job gives the same bytes. Implements `_media_server.Engine`."""

    modalities = frozenset({"image", "3d"})

    def generate(self, job: Job, work: Work) -> Output:
        """Do the job. Raises `ValidationFailed`, `InvalidImage`, `UnsupportedFeature`."""
        return self._images(job, work) if job.modality == "image" else self._mesh(job, work)

    def _images(self, job: Job, work: Work) -> Output:
        wanted = job.parameters
        width, height = _size(wanted)
        kind = _choice(wanted, "format", IMAGE_FORMATS, "png")
        seed, count = _seed(wanted), _whole(wanted, "count", 1, 1, MAX_COUNT)
        backdrop = _picture(job.images[0]) if job.images else None
        description = read(job.prompt)
        steps = 2 + count
        work.progress(1, steps)
        items: list[ImageItem] = []
        warnings: list[str] = []
        if len(job.images) > 1:
            warnings.append("only the first image is used, as the backdrop")
        if backdrop is not None and (description.sky is not None or description.ground is not None):
            warnings.append("sky and ground of the prompt are hidden by the backdrop")
        for number in range(count):
            scene = arrange(description, seed=seed + number)
            if number == 0:
                warnings += _warnings(description, scene.warnings)
                preview = None
                if job.previews:
                    small = _shrunk(width, height, PREVIEW_SIDE)
                    preview = _saved(draw(scene, *small, seed=seed, backdrop=backdrop), "png")
                work.progress(2, steps, preview)
            picture = draw(scene, width, height, seed=seed + number, backdrop=backdrop, checkpoint=work.checkpoint)
            items.append(ImageItem(f"image/{kind}", _saved(picture, kind), width, height))
            work.progress(3 + number, steps)
        return Output(items, seed, warnings)

    def _mesh(self, job: Job, work: Work) -> Output:
        if job.images:
            raise UnsupportedFeature("scene-3d takes no images.", param="input.images")
        wanted = job.parameters
        kind = _choice(wanted, "format", MESH_FORMATS, "glb")
        detail = _choice(wanted, "detail", DETAILS, "medium")
        seed, steps = _seed(wanted), 4
        description = read(job.prompt)
        work.progress(1, steps)
        scene = arrange(description, seed=seed, detail=detail)
        work.progress(2, steps)
        picture = draw(scene, MESH_PREVIEW_SIDE, MESH_PREVIEW_SIDE, seed=seed, checkpoint=work.checkpoint)
        preview = _saved(picture, "png")
        work.progress(3, steps, preview if job.previews else None)
        file = mesh_file(scene, kind)
        work.progress(4, steps)
        warnings = _warnings(description, scene.warnings)
        if kind == "stl":
            warnings.append("STL holds no colours")
        return Output([MeshItem(file.media_type, file.data, file.vertices, file.faces, preview)], seed, warnings)


def _warnings(description: Description, others: list[str]) -> list[str]:
    return list(dict.fromkeys([*description.warnings, *others]))


def _size(wanted: dict[str, Any]) -> tuple[int, int]:
    size = wanted.get("size")
    if size is None:
        sides = (_whole(wanted, side, DEFAULT_SIDE, SMALLEST_SIDE, LARGEST_SIDE) for side in ("width", "height"))
        width, height = sides
        return width, height
    if wanted.get("width") is not None or wanted.get("height") is not None:
        raise ValidationFailed.of("parameters.size", "either size, or width and height")
    parts = str(size).split("x")
    if len(parts) != 2 or not all(part.isdecimal() and len(part) <= 4 for part in parts):
        raise ValidationFailed.of("parameters.size", "a size is written as `768x512`")
    width, height = int(parts[0]), int(parts[1])
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        raise ValidationFailed.of("parameters.size", f"each side has {SMALLEST_SIDE} to {LARGEST_SIDE} pixels")
    return width, height


def _seed(wanted: dict[str, Any]) -> int:
    return _whole(wanted, "seed", 0, 0, 2**32 - 1)


def _whole(wanted: dict[str, Any], name: str, default: int, lowest: int, highest: int) -> int:
    value = wanted.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON Schema takes 512.0 for an integer
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValidationFailed.of(f"parameters.{name}", f"a whole number from {lowest} to {highest}")
    return value


def _choice(wanted: dict[str, Any], name: str, choices: tuple[str, ...], default: str) -> str:
    value = wanted.get(name)
    if value is None:
        return default
    if value not in choices:
        raise ValidationFailed.of(f"parameters.{name}", f"one of {', '.join(choices)}")
    return str(value)


def _picture(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            if image.width * image.height > MAX_BACKDROP_PIXELS:
                raise InvalidImage(f"The image has more than {MAX_BACKDROP_PIXELS} pixels.", param="input.images")
            image.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
            turned = ImageOps.exif_transpose(image)
            flat = Image.new("RGB", turned.size, "white")  # what is see-through is seen before white
            flat.paste(turned.convert("RGBA"), mask=turned.convert("RGBA").getchannel("A"))
            return flat
    except InvalidImage:
        raise
    except Exception as error:  # what decoders raise on damaged data is of every kind
        raise InvalidImage(f"The image can't be read: {error}", param="input.images") from error


def _shrunk(width: int, height: int, side: int) -> tuple[int, int]:
    factor = min(1.0, side / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _saved(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, **_SAVING[kind])
    return out.getvalue()
