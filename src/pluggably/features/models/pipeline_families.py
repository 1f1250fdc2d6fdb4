"""Which diffusers pipelines can be run here, as data."""

from __future__ import annotations

from dataclasses import dataclass

from pluggably.contract.modality import Modality

CODE_LIBRARIES = frozenset({"diffusers", "transformers", "stable_diffusion", "shap_e"})
"""Where components' classes may come from: the two libraries, and modules within diffusers' own pipelines."""


@dataclass(frozen=True, slots=True)
class Family:
    """One pipeline class."""

    title: str
    modality: Modality = Modality.IMAGE
    takes_text: bool = True
    takes_images: bool = False
    steps: int = 30
    side: int = 1024
    """Pixels, where the folder's configuration does not tell."""


FAMILIES: dict[str, Family] = {
    "StableDiffusionPipeline": Family("Stable Diffusion", takes_images=True, side=512),
    "StableDiffusionXLPipeline": Family("Stable Diffusion XL", takes_images=True),
    "StableDiffusion3Pipeline": Family("Stable Diffusion 3", takes_images=True, steps=28),
    "LatentConsistencyModelPipeline": Family("Latent Consistency Model", takes_images=True, steps=4, side=768),
    "FluxPipeline": Family("FLUX", takes_images=True, steps=28),
    "ShapEPipeline": Family("Shap-E", Modality.MESH),
    "ShapEImg2ImgPipeline": Family("Shap-E of images", Modality.MESH, takes_text=False, takes_images=True),
}
