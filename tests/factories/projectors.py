"""Files that read images for a language model: real ones, small, with random weights."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

SIDE, PATCH = 32, 8
IMAGE_TOKENS = (SIDE // PATCH) ** 2
_WIDTH, _INNER, _LAYERS, _HEADS = 32, 64, 2, 2


def write_working_projector(path: Path, text_width: int = 576) -> Path:
    """Put a vision projector there that llama.cpp runs: a vision transformer and LLaVA's two layers (`mlp`).

    Each image becomes `IMAGE_TOKENS` tokens of `text_width` numbers (576: the starter model's). It sees nothing: its
    weights are random, the same at every call. Names of fields and tensors: tools/mtmd/clip-impl.h in llama.cpp.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_bool("clip.use_gelu", True)
    sizes = {
        "image_size": SIDE,
        "patch_size": PATCH,
        "embedding_length": _WIDTH,
        "feed_forward_length": _INNER,
        "block_count": _LAYERS,
        "projection_dim": text_width,
        "attention.head_count": _HEADS,
    }
    for name, size in sizes.items():
        writer.add_uint32(f"clip.vision.{name}", size)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])

    def add(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", (random.standard_normal(shape) * 0.1).astype(np.float32))

    def add_with_bias(name: str, *shape: int) -> None:
        add(name, *shape)
        writer.add_tensor(f"{name}.bias", np.zeros(shape[0], np.float32))

    add("v.patch_embd", _WIDTH, 3, PATCH, PATCH)
    add("v.position_embd", IMAGE_TOKENS, _WIDTH)
    for layer in range(_LAYERS):
        block = f"v.blk.{layer}"
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            add_with_bias(f"{block}.{name}", _WIDTH, _WIDTH)
        for name in ("ln1", "ln2"):
            add_with_bias(f"{block}.{name}", _WIDTH)
        add_with_bias(f"{block}.ffn_up", _INNER, _WIDTH)
        add_with_bias(f"{block}.ffn_down", _WIDTH, _INNER)
    add_with_bias("mm.0", text_width, _WIDTH)
    add_with_bias("mm.2", text_width, text_width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
