"""Repositories of a hub: models of all kinds, and what opens those that are not for everybody."""

from __future__ import annotations

from tests.factories.models import gguf_bytes
from tests.fakes.hub import Repo

TINY = "acme/tiny-llama-GGUF"
CARD = """---
license: apache-2.0
base_model: acme/tiny-llama
---

# Tiny Llama

![banner](https://example.org/banner.png)

**Tiny Llama** is a [language model](https://example.org) of 42 parameters that was trained on a single sentence.

## Use
"""
TOKENS: dict[str, set[str] | None] = {"hf_operator": {"acme/secret-llama"}, "hf_user": set()}


def repositories() -> list[Repo]:
    """A quantised model and the one that it was made from, a gated, a nameless and a private one."""
    quantised = gguf_bytes()
    return [
        Repo(
            TINY,
            {
                "README.md": CARD.encode(),
                "tiny-llama.Q4_K_M.gguf": quantised,
                "tiny-llama.Q8_0.gguf": quantised + bytes(1000),
                "split/big-Q2_K-00001-of-00002.gguf": quantised,
                "split/big-Q2_K-00002-of-00002.gguf": quantised,
            },
            tags=["gguf", "conversational"],
            card={"license": "apache-2.0", "base_model": "acme/tiny-llama"},
            gguf={
                "total": 42,
                "totalFileSize": len(quantised),
                "architecture": "llama",
                "context_length": 2048,
                "chat_template": "{% if tools %}{{ tools }}{% endif %}{{ messages }}",
            },
            downloads=900,
            likes=7,
        ),
        Repo(
            "acme/tiny-llama",
            {
                "config.json": b'{"max_position_embeddings": 4096}',
                "generation_config.json": b'{"temperature": 0.6, "top_p": 0.9, "repetition_penalty": 1.1, "x": 1}',
                "model.safetensors": b"weights",
            },
            library_name="transformers",
            safetensors={"parameters": {"BF16": 100, "F32": 1}, "total": 101},
            card={"license": "other", "license_name": "acme-1.0"},
            downloads=800,
        ),
        Repo("acme/painter", {"model_index.json": b"{}"}, "text-to-image", "diffusers", downloads=700, gated="auto"),
        Repo("acme/sculptor", {"model_index.json": b"{}"}, "image-to-3d", downloads=600),
        Repo("other/llama", {"a.gguf": quantised}, None, tags=["gguf"], downloads=500),
        Repo("acme/secret-llama", {"a.gguf": quantised}, private=True, downloads=400),
    ]
