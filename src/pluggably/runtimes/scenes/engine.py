"""The engine behind `scene-image` and `scene-3d`: a prompt in, pictures or a mesh out."""

from __future__ import annotations

from typing import Any

from pluggably.errors import UnsupportedFeature
from pluggably.runtimes._media_server import ImageItem, Job, MeshItem, Output, Work
from pluggably.runtimes._parameter_values import IMAGE_FORMATS, choice, sides, whole
from pluggably.runtimes._pictures import read_picture, saved, shrunk
from pluggably.runtimes.scenes.edits import read_on
from pluggably.runtimes.scenes.files import mesh_file
from pluggably.runtimes.scenes.language import Description
from pluggably.runtimes.scenes.layout import arrange
from pluggably.runtimes.scenes.parameters import (
    DEFAULT_SIDE,
    DETAILS,
    LARGEST_SIDE,
    MAX_COUNT,
    MESH_FORMATS,
    SMALLEST_SIDE,
)
from pluggably.runtimes.scenes.render import draw

PREVIEW_SIDE = 128
MESH_PREVIEW_SIDE = 192


class SceneEngine:
    """Deterministic: the same job gives the same bytes. Implements `_media_server.Engine`."""

    modalities = frozenset({"image", "3d"})

    def generate(self, job: Job, work: Work) -> Output:
        """Do the job. Raises `ValidationFailed`, `InvalidImage`, `UnsupportedFeature`."""
        return self._images(job, work) if job.modality == "image" else self._mesh(job, work)

    def _images(self, job: Job, work: Work) -> Output:
        wanted = job.parameters
        width, height = (side or DEFAULT_SIDE for side in sides(wanted, SMALLEST_SIDE, LARGEST_SIDE))
        kind = choice(wanted, "format", IMAGE_FORMATS, "png")
        seed, count = _seed(wanted), whole(wanted, "count", 1, 1, MAX_COUNT)
        backdrop = read_picture(job.images[0], LARGEST_SIDE) if job.images else None
        description = read_on(job.history, job.prompt)
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
                    small = shrunk(width, height, PREVIEW_SIDE)
                    preview = saved(draw(scene, *small, seed=seed, backdrop=backdrop), "png")
                work.progress(2, steps, preview)
            picture = draw(scene, width, height, seed=seed + number, backdrop=backdrop, checkpoint=work.checkpoint)
            items.append(ImageItem(f"image/{kind}", saved(picture, kind), width, height))
            work.progress(3 + number, steps)
        return Output(items, seed, warnings)

    def _mesh(self, job: Job, work: Work) -> Output:
        if job.images:
            raise UnsupportedFeature("scene-3d takes no images.", param="input.images")
        wanted = job.parameters
        kind = choice(wanted, "format", MESH_FORMATS, "glb")
        detail = choice(wanted, "detail", DETAILS, "medium")
        seed, steps = _seed(wanted), 4
        description = read_on(job.history, job.prompt)
        work.progress(1, steps)
        scene = arrange(description, seed=seed, detail=detail)
        work.progress(2, steps)
        picture = draw(scene, MESH_PREVIEW_SIDE, MESH_PREVIEW_SIDE, seed=seed, checkpoint=work.checkpoint)
        preview = saved(picture, "png")
        work.progress(3, steps, preview if job.previews else None)
        file = mesh_file(scene, kind)
        work.progress(4, steps)
        warnings = _warnings(description, scene.warnings)
        if kind == "stl":
            warnings.append("STL holds no colours")
        return Output([MeshItem(file.media_type, file.data, file.vertices, file.faces, preview)], seed, warnings)


def _warnings(description: Description, others: list[str]) -> list[str]:
    return list(dict.fromkeys([*description.warnings, *others]))


def _seed(wanted: dict[str, Any]) -> int:
    return whole(wanted, "seed", 0, 0, 2**32 - 1)
