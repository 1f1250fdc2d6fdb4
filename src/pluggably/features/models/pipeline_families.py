"""Which diffusers pipelines can be run here, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pluggably.contract.modality import Modality

LIBRARIES = frozenset({"diffusers", "transformers", "stable_diffusion", "shap_e"})
"""Where components' classes may come from: the two libraries, and modules within diffusers' own pipelines."""


@dataclass(frozen=True, slots=True)
class Family:
    """One pipeline class."""

    title: str
    modality: Modality = Modality.IMAGE
    inputs: tuple[str, ...] = ("text",)
    """Of pipelines that make meshes; which pipelines make images of images the engine knows."""


FAMILIES: Mapping[str, Family] = {
    "AuraFlowPipeline": Family("AuraFlow"),
    "ChromaPipeline": Family("Chroma"),
    "CogView3PlusPipeline": Family("CogView 3 Plus"),
    "CogView4Pipeline": Family("CogView 4"),
    "Flux2KleinPipeline": Family("FLUX.2 klein"),
    "Flux2Pipeline": Family("FLUX.2"),
    "FluxKontextPipeline": Family("FLUX Kontext"),
    "FluxPipeline": Family("FLUX"),
    "HunyuanDiTPipeline": Family("Hunyuan-DiT"),
    "Kandinsky3Pipeline": Family("Kandinsky 3"),
    "LatentConsistencyModelPipeline": Family("Latent Consistency Model"),
    "Lumina2Pipeline": Family("Lumina 2"),
    "LuminaPipeline": Family("Lumina"),
    "OvisImagePipeline": Family("Ovis-Image"),
    "PRXPipeline": Family("PRX"),
    "PixArtAlphaPipeline": Family("PixArt-α"),
    "PixArtSigmaPipeline": Family("PixArt-Σ"),
    "QwenImageEditPipeline": Family("Qwen-Image-Edit"),
    "QwenImagePipeline": Family("Qwen-Image"),
    "SanaPipeline": Family("Sana"),
    "ShapEImg2ImgPipeline": Family("Shap-E of images", Modality.MESH, ("image",)),
    "ShapEPipeline": Family("Shap-E", Modality.MESH),
    "StableDiffusion3Pipeline": Family("Stable Diffusion 3"),
    "StableDiffusionPipeline": Family("Stable Diffusion"),
    "StableDiffusionXLPipeline": Family("Stable Diffusion XL"),
    "ZImagePipeline": Family("Z-Image"),
}
"""By class: those of diffusers' text-to-image mapping that need nothing but a prompt, and Shap-E.

Source: `diffusers/pipelines/auto_pipeline.py`. A folder is read once: whoever changes this table raises
`discovery._READER`, so that folders are read again.
"""
