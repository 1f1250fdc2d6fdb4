"""What the engines on diffusers share: the device, loading that runs no foreign code, cancelling, memory.

Only worker processes import this: it takes seconds and hundreds of megabytes. Nothing here touches the network.
"""

from __future__ import annotations

import gc
import json
import logging
import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pluggably.runtimes._child import tame_openmp, usable_cores
from pluggably.runtimes._media_server import Work

# The libraries read these when they are imported.
tame_openmp()
os.environ.update(
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    TOKENIZERS_PARALLELISM="false",
    DIFFUSERS_VERBOSITY="critical",
    TRANSFORMERS_VERBOSITY="critical",
)
warnings.simplefilter("ignore")  # what a library deprecates would stand in the logs as the reason of a failed load

import diffusers  # noqa: E402
import safetensors  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402

_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_LIBRARIES = ("diffusers", "transformers")
_LARGEST_JSON = 32 * 2**20
_SPARE_BYTES = 2 * 2**30
"""Device memory that a picture of common size takes beside the weights."""
_MPS_SLICING_BELOW = 64 * 2**30

diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()
logging.getLogger("accelerate").setLevel(logging.ERROR)


class Refused(Exception):
    """A folder that is not loaded; the message says why, and what to do."""


def use_threads(threads: int | None) -> None:
    """Compute with so many threads; None: as many as this process may use cores."""
    torch.set_num_threads(threads or usable_cores())


def choose_device() -> str:
    """The best device of this machine: `cuda`, `mps` or `cpu`."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def dtype_for(device: str, *, transformer: bool = False) -> Any:
    """The `torch.dtype` of weights: half precision on GPUs, float32 on CPUs, where half is slower than full.

    Transformers (Flux, SD3) were trained in bfloat16, and their text encoders overflow in float16.
    """
    if device == "cpu":
        return torch.float32
    if not transformer:
        return torch.float16
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.bfloat16 if torch.backends.mps.is_macos_or_newer(14, 0) else torch.float16


def dtype_name(dtype: Any) -> str:
    """`float16` for `torch.float16`."""
    return str(dtype).removeprefix("torch.")


def load_pipeline(folder: Path, *, dtype: Any) -> Any:
    """The `DiffusionPipeline` in a folder as `save_pretrained` writes it, in main memory.

    Raises `Refused` for a folder that needs code or pickled weights of its own, or that is incomplete or damaged.
    """
    index = check_folder(folder)
    try:
        pipeline = diffusers.DiffusionPipeline.from_pretrained(
            str(folder),
            dtype=dtype,
            variant=_variant(folder, index),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
    except Exception as error:  # what the libraries raise on damaged or unknown files is of every kind
        raise Refused(_said(error)) from error
    _check_complete(folder, pipeline)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def place(pipeline: Any, device: str) -> str:
    """Bring a pipeline to its device; says how: `whole`, or `offloaded` where it would not fit as a whole.

    Offloaded, each model is on the GPU only while it works.
    """
    if device == "cuda":
        free, _ = torch.cuda.mem_get_info()
        if weights_bytes(pipeline) + _SPARE_BYTES > free:
            pipeline.enable_model_cpu_offload()
            return "offloaded"
    pipeline.to(device)
    if device == "mps" and torch.mps.recommended_max_memory() < _MPS_SLICING_BELOW:
        pipeline.enable_attention_slicing()  # as diffusers' guide to MPS advises
    return "whole"


def models(pipeline: Any) -> dict[str, Any]:
    """The neural networks of a pipeline, by the names of its components."""
    return {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}


def weights_bytes(pipeline: Any) -> int:
    """What the weights of a loaded pipeline take."""
    tensors = (tensor for model in models(pipeline).values() for tensor in (*model.parameters(), *model.buffers()))
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in tensors}.values())


def device_details(device: str, dtype: Any) -> dict[str, Any]:
    """What the gateway should know of where the model is.

    `device_memory_bytes` is what was taken on it at most so far; on CPUs the process's own memory says it.
    """
    details: dict[str, Any] = {"device": device, "dtype": dtype_name(dtype), "threads": torch.get_num_threads()}
    if device == "cuda":
        details["device_name"] = torch.cuda.get_device_name()
        details["device_memory_bytes"] = torch.cuda.max_memory_allocated()
    elif device == "mps":
        details["device_memory_bytes"] = torch.mps.driver_allocated_memory()
    return details


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the device's memory is full; CPUs and MPS say it in words alone."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in words or "can't allocate memory" in words)


def free_memory(device: str) -> None:
    """Give back what no longer is used."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()


class Interrupter:
    """Lets work that nobody waits for end within a layer instead of a step, which can take ten seconds on CPUs.

    Every layer of the models asks before it runs: microseconds, beside the milliseconds of a layer.
    """

    def __init__(self, pipeline: Any) -> None:
        self._work: Work | None = None
        for model in models(pipeline).values():
            for module in model.modules():
                module.register_forward_pre_hook(self._ask)

    @contextmanager
    def during(self, work: Work) -> Iterator[None]:
        """Within this, the models raise `Cancelled` once the work is stopped."""
        self._work = work
        try:
            yield
        finally:
            self._work = None

    def _ask(self, _module: Any, _inputs: Any) -> None:
        if self._work is not None:
            self._work.checkpoint()


StepCallback = Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]


def step_callback(work: Work, told: Callable[[int, dict[str, Any]], None]) -> StepCallback:
    """For `callback_on_step_end`: `told(step, tensors)` after each step, counted from 1; raises `Cancelled`."""

    def after_step(_pipeline: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        work.checkpoint()
        told(index + 1, tensors)
        return {}

    return after_step


def check_folder(folder: Path) -> dict[str, Any]:
    """The `model_index.json` of a folder whose files can be loaded safely. Raises `Refused`."""
    index = _read_json(folder / "model_index.json")
    if not isinstance(index.get("_class_name"), str):
        raise Refused(
            "its pipeline is code in the folder itself, which is never run; use a model whose class is in diffusers"
        )
    for name, parts in _components(index):
        library = parts[0]
        if not name.isidentifier():
            raise Refused(f"its model_index.json names a component {name!r}")
        if library not in _LIBRARIES and not _is_of_diffusers(library):
            raise Refused(
                f"its {name} is code of {library!r}, which is never run; use a model whose parts are all in "
                "diffusers or transformers"
            )
        if not (folder / name).is_dir():
            raise Refused(f"it lacks the folder {name}; fetch the model again")
        _check_weights(folder / name)
        if "Tokenizer" in str(parts[1]) and all(_is_setting(path) for path in (folder / name).iterdir()):
            raise Refused(f"its {name} has no words; fetch the model again")  # an empty one would be made
    return index


def _components(index: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """`"unet": ["diffusers", "UNet2DConditionModel"]`; absent ones are `[null, null]`."""
    return [
        (name, value)
        for name, value in index.items()
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)
    ]


def _is_of_diffusers(library: str) -> bool:
    """Whether a library of a component is one of diffusers' own folders, such as `stable_diffusion`."""
    found = getattr(diffusers.pipelines, library, None) if library.isidentifier() else None
    return str(getattr(found, "__name__", "")).startswith("diffusers.pipelines.")


def _check_weights(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    safe = [name for name in names if name.endswith(".safetensors")]
    pickled = [name for name in names if name.endswith(_PICKLED)]
    if pickled and not safe:
        raise Refused(
            f"{folder.name}/{pickled[0]} is a pickle, which can run code when it is read; fetch the model's "
            "safetensors files, or convert the model where you trust it (save_pretrained writes safetensors)"
        )
    for name in names:
        if ".safetensors.index." in name and name.endswith(".json"):  # a variant's name may stand between
            shards = _read_json(folder / name).get("weight_map")
            for shard in set(map(str, shards.values())) if isinstance(shards, dict) else ["nothing"]:
                if shard not in safe:
                    raise Refused(
                        f"{folder.name}/{name} names {shard!r}, which is no safetensors file in that folder"
                    )
    for name in safe:
        try:
            with safetensors.safe_open(str(folder / name), framework="pt"):
                pass
        except Exception as error:
            raise Refused(f"{folder.name}/{name} is damaged ({_said(error)}); fetch it again") from error


def _check_complete(folder: Path, pipeline: Any) -> None:
    """What weights are not in the files, the libraries leave empty or draw by lot, and only log it."""
    for name, model in models(pipeline).items():
        empty = any(tensor.is_meta for tensor in model.parameters())
        if empty or _numbers(folder / name) < sum(tensor.numel() for tensor in model.parameters()):
            raise Refused(f"some weights of its {name} are missing; fetch the model again")


def _numbers(folder: Path) -> int:
    """How many numbers the safetensors files of a folder hold."""
    count = 0
    for path in folder.glob("*.safetensors"):
        with safetensors.safe_open(str(path), framework="pt") as file:
            count += sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
    return count


def _is_setting(path: Path) -> bool:
    """Whether a file of a tokenizer only says how it is set up."""
    return path.name.endswith(("_config.json", "special_tokens_map.json", "added_tokens.json"))


def _variant(folder: Path, index: dict[str, Any]) -> str | None:
    """The variant (`fp16` of `model.fp16.safetensors`) to load, where a component has no other weights."""
    for name, _ in _components(index):
        files = [path.name.split(".") for path in (folder / name).glob("*.safetensors")]
        if files and all(len(parts) > 2 for parts in files):
            return files[0][1].split("-")[0]
    return None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise Refused(f"{path.name} is too large")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Refused(f"{path.name} can't be read: {_said(error)}") from error
    if not isinstance(found, dict):
        raise Refused(f"{path.name} is no object")
    return found


def _said(error: BaseException) -> str:
    """The first line of an error's text."""
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return next((line.strip()[:400] for line in words.splitlines() if line.strip()), type(error).__name__)
