"""Small Shap-E pipelines with random weights, made on the spot, in folders as `save_pretrained` writes them.

As with `tests.factories.pipelines`, in a process of its own: `python -m tests.factories.shap_e FOLDER KIND…`.

Shapes and colours are smooth, so that meshes look like meshes: the decoder's first layer sees places alone, not their
waves of higher frequencies.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

from tests.factories.pipelines import ROOT, write_clip_tokenizer

_HIDDEN = 16
_LATENT = 16


def text_to_mesh(folder: Path) -> Path:
    """A `ShapEPipeline`."""
    torch.manual_seed(7)
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    vocabulary = {word: number for number, word in enumerate(words)}
    config = CLIPTextConfig(
        hidden_size=_HIDDEN,
        intermediate_size=32,
        projection_dim=_HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=2,
        vocab_size=len(vocabulary),
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
        max_position_embeddings=77,
    )
    pipeline = ShapEPipeline(
        prior=_prior(),
        text_encoder=CLIPTextModelWithProjection(config).eval(),
        tokenizer=CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77),
        scheduler=_scheduler(),
        shap_e_renderer=_renderer(),
    )
    pipeline.save_pretrained(folder)
    return folder


def image_to_mesh(folder: Path) -> Path:
    """A `ShapEImg2ImgPipeline`."""
    torch.manual_seed(7)
    config = CLIPVisionConfig(
        hidden_size=_HIDDEN,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
    )
    pipeline = ShapEImg2ImgPipeline(
        prior=_prior(embedding_proj_norm_type="layer"),
        image_encoder=CLIPVisionModel(config).eval(),
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        scheduler=_scheduler(),
        shap_e_renderer=_renderer(),
    )
    pipeline.save_pretrained(folder)
    return folder


def _prior(**more: Any) -> Any:
    prior = PriorTransformer(
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=2,
        embedding_dim=_LATENT,
        num_embeddings=4 * _HIDDEN,
        additional_embeddings=0,
        embedding_proj_dim=_HIDDEN,
        time_embed_dim=64,
        time_embed_act_fn="gelu",
        norm_in_type="layer",
        encoder_hid_proj_type=None,
        added_emb_type=None,
        clip_embed_dim=2 * _LATENT,  # a mean and a variance for each number
        **more,
    )
    return prior.eval()


def _scheduler() -> Any:
    return HeunDiscreteScheduler(
        beta_schedule="exp",
        num_train_timesteps=1024,
        prediction_type="sample",
        use_karras_sigmas=True,
        clip_sample=True,
        clip_sample_range=1.0,
    )


def _renderer() -> Any:
    """One whose shapes have an inside and an outside whatever the latents are, and several colours."""
    renderer = ShapERenderer(
        param_shapes=((_HIDDEN, 93), (_HIDDEN, _HIDDEN), (_HIDDEN, _HIDDEN), (_HIDDEN, _HIDDEN)),
        d_latent=_LATENT,
        d_hidden=_HIDDEN,
        n_hidden_layers=6,
        insert_direction_at=4,
    )
    with torch.no_grad():
        first = renderer.params_proj.projections["nerstf__mlp__0__weight"]
        first.norm.weight[3:] = 0
        first.norm.weight[:3] = 3
        first.proj.bias.view(_HIDDEN, 93)[:, 3:] = 0
        last = renderer.mlp.mlp[-1]
        last.weight.mul_(10)
        last.bias.mul_(0)
        cases, masks = marching_cubes()
        renderer.mesh_decoder.cases.copy_(cases)
        renderer.mesh_decoder.masks.copy_(masks)
    return renderer.eval()


def marching_cubes() -> tuple[torch.Tensor, torch.Tensor]:
    """The tables of `MeshDecoder`: for each pattern of corners inside, up to five triangles of numbers of edges.

    Corner x + 2 y + 4 z of a cube is bit x + 2 y + 4 z of a pattern. Edges 0 … 3 go along x from the corners (0, 0),
    (1, 0), (0, 1), (1, 1) in y and z; 4 … 7 along y, with x and z; 8 … 11 along z, with x and y. On each face the
    outline is drawn around the corners inside; the pieces of the six faces form rings, and rings are cut into fans.
    """
    cases = torch.zeros(256, 5, 3, dtype=torch.long)
    masks = torch.zeros(256, 5, dtype=torch.bool)
    for pattern in range(256):
        triangles = [
            (ring[0], ring[number], ring[number + 1])
            for ring in _rings(pattern)
            for number in range(1, len(ring) - 1)
        ]
        for number, triangle in enumerate(triangles):
            cases[pattern, number] = torch.tensor(triangle)
            masks[pattern, number] = True
    return cases, masks


def _rings(pattern: int) -> list[list[int]]:
    following: dict[int, int] = {}
    for axis, side in product(range(3), range(2)):
        corners = _face(axis, side)
        inside = [bool(pattern >> _bits(corner) & 1) for corner in corners]
        for number in range(4):
            # Where the outline comes to an inside corner, it leaves at the end of that run of inside corners.
            if inside[number] and not inside[number - 1]:
                end = number
                while inside[(end + 1) % 4]:
                    end = (end + 1) % 4
                entry = _edge(corners[number - 1], corners[number])
                following[entry] = _edge(corners[end], corners[(end + 1) % 4])
    rings = []
    while following:
        first, at = following.popitem()
        ring = [first]
        while at != first:
            ring.append(at)
            at = following.pop(at)
        rings.append(ring)
    return rings


def _face(axis: int, side: int) -> list[tuple[int, ...]]:
    """The corners of a face, counter-clockwise seen from outside."""
    around = [(0, 0), (1, 0), (1, 1), (0, 1)]
    first, second = (axis + 1) % 3, (axis + 2) % 3
    corners = []
    for u, v in around if side else reversed(around):
        corner = [0, 0, 0]
        corner[axis], corner[first], corner[second] = side, u, v
        corners.append(tuple(corner))
    return corners


def _bits(corner: tuple[int, ...]) -> int:
    return corner[0] + 2 * corner[1] + 4 * corner[2]


def _edge(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    (axis,) = [number for number in range(3) if one[number] != other[number]]
    first, second = [one[number] for number in range(3) if number != axis]
    return 4 * axis + first + 2 * second
