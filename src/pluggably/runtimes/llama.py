"""Text models in GGUF files: llama.cpp's own HTTP server on a unix socket, one process per model.

Started as `python -m pluggably.runtimes.llama`; `Config` is the line of JSON that it reads first.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from dataclasses import dataclass
from typing import Any

from pluggably.runtimes._child import join_parent, tame_openmp, usable_cores, wait_for_the_end

DEFAULT_CONTEXT_TOKENS = 8192
DEFAULT_PARALLEL = 4
CPU_BATCH_TOKENS = 64
"""Tokens of a prompt that are read in one go.

A batch that has begun is finished even if nobody waits for it any more, and other streams stand still meanwhile. On
two cores 64 keeps that under a second up to a prompt's 7,000th token (135 million parameters) and costs a tenth more
processor time than 512 with prompts of 1,200 tokens; 32 costs a third more.
"""
GPU_BATCH_TOKENS = 512
WHOLE_IMAGES = ("gemma3", "gemma4")
"""Beginnings of architectures that look at an image's tokens in both directions.

All of an image's tokens (up to 280) have to be in one batch there, whatever the machine: `mtmd_decode_use_non_causal`
in llama.cpp's tools/mtmd/mtmd.cpp. An engine that gets them in pieces reads the image wrongly and says nothing.
"""


@dataclass(frozen=True, slots=True)
class Config:
    """What the gateway tells this process; None: this runtime's own choice.

    `context_tokens` is what one request may use, prompt and answer together; each of the `parallel` slots gets as
    much of its own. A cache shared by all slots would take less memory, but when it is full the engine breaks off
    *every* running request.
    """

    model_path: str
    socket_path: str
    alias: str
    context_tokens: int = DEFAULT_CONTEXT_TOKENS
    trained_context_tokens: int | None = None
    """The context length in the file's header: more is never given."""
    parallel: int = DEFAULT_PARALLEL
    threads: int | None = None
    batch_tokens: int | None = None
    projector: str | None = None
    """The path of the file that reads images for this model."""
    architecture: str | None = None
    """The model's architecture in the file's header."""
    embeddings: bool = False
    """Whether the model makes vectors, no text."""

    @property
    def slot_tokens(self) -> int:
        """Tokens of context that one slot gets."""
        return min(self.context_tokens, self.trained_context_tokens or self.context_tokens)

    @property
    def reads_whole_images(self) -> bool:
        """Whether all tokens of an image have to be in one batch."""
        return self.projector is not None and (self.architecture or "").startswith(WHOLE_IMAGES)


def main() -> None:
    """Load the model, serve it, and end when standard input is closed."""
    parent, values = join_parent()
    config = Config(**{name: value for name, value in values.items() if value is not None})
    try:
        server = serve(config)
    except ModuleNotFoundError as error:
        parent.failed(f"the engine is not installed ({error}); install pluggably[text]")
        raise SystemExit(1) from None
    except RuntimeError:  # its text says nothing; the engine's reason is on standard error
        parent.failed("the engine refused it")
        raise SystemExit(1) from None
    parent.ready(**describe(config), device=device())
    wait_for_the_end()
    del server  # it serves as long as somebody holds it


def serve(config: Config) -> Any:
    """A running `xllamacpp.Server`. Raises `RuntimeError`; the engine's reason is on standard error."""
    tame_openmp()  # before the import
    import xllamacpp  # noqa: PLC0415 - an optional engine

    threads = config.threads or usable_cores()
    gpu = bool(_gpus(xllamacpp))
    batch = config.batch_tokens or (GPU_BATCH_TOKENS if gpu or config.reads_whole_images else CPU_BATCH_TOKENS)
    if config.embeddings:
        batch = max(batch, config.slot_tokens)  # a text has to be in one batch
    params = xllamacpp.CommonParams()
    params.model.path = config.model_path
    params.mmproj.path = config.projector or ""
    params.video_ffmpeg_bin_dir = os.devnull  # what is no image is never handed to an ffmpeg that lies in PATH
    params.model_alias = {config.alias}
    params.hostnames = [config.socket_path]
    params.n_ctx = config.slot_tokens * config.parallel
    params.n_parallel = config.parallel
    params.kv_unified = False
    params.embedding = config.embeddings
    params.n_batch = params.n_ubatch = batch
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.ctx_shift = False  # a prompt is never cut silently: the engine answers with an error
    params.cache_ram_mib = 0  # otherwise prompts of earlier requests are kept, up to 8 GiB
    params.fit_params = gpu  # as many layers on the GPU as fit; the context stays as asked for
    params.endpoint_slots = True
    params.offline = True
    params.ui = False
    params.verbosity = 1  # errors alone: they are the reason of a failed load
    return xllamacpp.Server(params)


def describe(config: Config) -> dict[str, Any]:
    """What the gateway should know of the model that is served now.

    `context_tokens` of one request, `parallel` requests at once, and `template`: what the chat template can express,
    such as `supports_tools`; the engine drops without a word what it can't.
    """
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(config.socket_path)
    connection.request("GET", "/props")
    properties = json.loads(connection.getresponse().read())
    connection.close()
    return {
        "context_tokens": properties["default_generation_settings"]["n_ctx"],
        "parallel": properties["total_slots"],
        "template": properties.get("chat_template_caps", {}),
    }


def _gpus(engine: Any) -> list[dict[str, Any]]:
    cpu = engine.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_CPU
    accelerator = engine.ggml_backend_dev_type.GGML_BACKEND_DEVICE_TYPE_ACCEL
    return [device for device in engine.get_device_info() if device["type"] not in (cpu, accelerator)]


def device() -> str:
    """Where the engine computes: `cpu`, or its name of the first GPU in small letters, such as `cuda0`."""
    import xllamacpp  # noqa: PLC0415 - an optional engine

    return next((str(gpu["name"]).lower() for gpu in _gpus(xllamacpp)), "cpu")


if __name__ == "__main__":
    main()
