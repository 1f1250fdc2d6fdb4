"""Small Shap-E pipelines with random weights, made on the spot, in folders as `save_pretrained` writes them.

As with `tests.factories.pipelines`, in a process of its own: `python -m tests.factories.shap_e FOLDER KIND…`. Kinds:
`text`, `image`, `empty` (a model of texts that sees nothing anywhere) and `untabled` (one whose checkpoint lacks the
tables of marching cubes). Shapes and colours are smooth, so that meshes look like meshes: the first layer of the
decoder sees places alone, not their waves.
"""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from tests.factories.pipelines import ROOT, TOKENS, write_clip_tokenizer

_HIDDEN = 16
_LATENT = 16
Corner = tuple[int, int, int]


def make_shap_e(folder: Path, *kinds: str) -> None:
    """Make a folder of each kind in this one."""
    subprocess.run(
        [sys.executable, "-m", "tests.factories.shap_e", str(folder), *kinds],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        check=True,
        capture_output=True,
        timeout=110,
    )


def _make(folder: Path, kind: str) -> None:
    import torch
    from diffusers import HeunDiscreteScheduler, ShapEImg2ImgPipeline, ShapEPipeline

    torch.manual_seed(7)
    shared = {
        "scheduler": HeunDiscreteScheduler(
            beta_schedule="exp",
            num_train_timesteps=1024,
            prediction_type="sample",
            use_karras_sigmas=True,
            clip_sample=True,
            clip_sample_range=1.0,
        ),
        "shap_e_renderer": _renderer(empty=kind == "empty", tabled=kind != "untabled"),
    }
    pipeline: Any
    if kind == "image":
        pipeline = ShapEImg2ImgPipeline(prior=_prior(embedding_proj_norm_type="layer"), **_eyes(), **shared)
    else:
        pipeline = ShapEPipeline(prior=_prior(), **_reader(folder / f"{kind}-tokenizer"), **shared)
    pipeline.save_pretrained(folder / kind)
    if kind == "image":  # published models name the class that needs torchvision where that is installed
        index = folder / kind / "model_index.json"
        index.write_text(index.read_text().replace("CLIPImageProcessorPil", "CLIPImageProcessor"))


def _reader(folder: Path) -> dict[str, Any]:
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

    write_clip_tokenizer(folder)
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    config = CLIPTextConfig(
        hidden_size=_HIDDEN,
        intermediate_size=32,
        projection_dim=_HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=2,
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        max_position_embeddings=TOKENS,
    )
    return {"text_encoder": CLIPTextModelWithProjection(config).eval(), "tokenizer": tokenizer}


def _eyes() -> dict[str, Any]:
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(
        hidden_size=_HIDDEN,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
    )
    processor = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    return {"image_encoder": CLIPVisionModel(config).eval(), "image_processor": processor}


def _prior(**more: Any) -> Any:
    from diffusers import PriorTransformer

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


def _renderer(*, empty: bool, tabled: bool) -> Any:
    import torch
    from diffusers.pipelines.shap_e import ShapERenderer

    renderer = ShapERenderer(
        param_shapes=((_HIDDEN, 93), (_HIDDEN, _HIDDEN), (_HIDDEN, _HIDDEN), (_HIDDEN, _HIDDEN)),
        d_latent=_LATENT,
        d_hidden=_HIDDEN,
    )
    with torch.no_grad():
        first = renderer.params_proj.projections["nerstf__mlp__0__weight"]
        first.norm.weight[3:] = 0
        first.norm.weight[:3] = 3
        first.proj.bias.view(_HIDDEN, 93)[:, 3:] = 0
        last = renderer.mlp.mlp[-1]
        last.weight.mul_(10)
        last.bias.zero_()
        if empty:
            last.bias[0] = -1000
        if tabled:
            fill_tables(renderer.mesh_decoder)
    return renderer.eval()


def fill_tables(decoder: Any) -> None:
    """Fill the tables of a `MeshDecoder`: for each pattern of corners inside, up to five triangles of edges.

    Corner (x, y, z) of a cube is bit x + 2 y + 4 z of a pattern. Edges 0 … 3 go along x from the corners (0, 0),
    (1, 0), (0, 1), (1, 1) in y and z; 4 … 7 along y, with x and z; 8 … 11 along z, with x and y. On each face,
    outlines go around the corners inside; the pieces on the six faces join to rings, and rings are cut into fans.
    """
    import torch

    for pattern in range(256):
        fans = [(ring[0], *pair) for ring in _rings(pattern) for pair in pairwise(ring[1:])]
        for number, fan in enumerate(fans):
            decoder.cases[pattern, number] = torch.tensor(fan)
            decoder.masks[pattern, number] = True


def _rings(pattern: int) -> list[list[int]]:
    following: dict[int, int] = {}
    for axis, side in product(range(3), range(2)):
        corners = _face(axis, side)
        inside = [bool(pattern >> (x + 2 * y + 4 * z) & 1) for x, y, z in corners]
        for number in range(4):
            if inside[number] and not inside[number - 1]:  # here a run of corners inside begins
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


def _face(axis: int, side: int) -> list[Corner]:
    """The corners of a face, counter-clockwise seen from outside."""
    corners = []
    for u, v in ((0, 0), (1, 0), (1, 1), (0, 1)):
        corner = [side, side, side]
        corner[(axis + 1) % 3], corner[(axis + 2) % 3] = u, v
        corners.append((corner[0], corner[1], corner[2]))
    return corners if side else corners[::-1]


def _edge(one: Corner, other: Corner) -> int:
    (axis,) = [number for number in range(3) if one[number] != other[number]]
    first, second = (one[number] for number in range(3) if number != axis)
    return 4 * axis + first + 2 * second


if __name__ == "__main__":
    for wanted in sys.argv[2:]:
        _make(Path(sys.argv[1]), wanted)
