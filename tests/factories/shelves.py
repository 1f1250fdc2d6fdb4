"""Gateways whose models can be looked at, changed and fetched: with a hub, little room, and people of both roles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.factories.browsers import MODELS, vendor_aside
from tests.factories.gateways import KEY, Gateway, running_gateway
from tests.factories.hub import TOKENS, repositories
from tests.factories.models import gguf_bytes
from tests.fakes.hub import Fault, Repo, fake_hub

MEGABYTE = 1_000_000
ROOM = 40 * MEGABYTE
"""What the starter model leaves."""
PASSWORD = "correct horse battery"


def repositories_to_fetch() -> list[Repo]:
    """One that comes slowly, one that is broken, one that is too large, and more than a page of others."""
    weights = gguf_bytes()

    def quantised(name: str, *megabytes: int, downloads: int) -> Repo:
        sizes = zip(("Q4_K_M", "Q8_0"), megabytes, strict=False)
        files: dict[str, bytes | Path] = {f"{name}.{told}.gguf": weights + bytes(mb * MEGABYTE) for told, mb in sizes}
        card = {"license": "apache-2.0"}
        return Repo(f"acme/{name}-GGUF", files, tags=["gguf"], card=card, downloads=downloads, likes=3)

    return [
        quantised("slow", 5, 6, downloads=9000),
        quantised("broken", 1, downloads=8000),
        quantised("large", 4, 60, downloads=7000),
        *repositories(),
        *(Repo(f"zoo/animal-{n:02}-GGUF", {"a.gguf": weights}, tags=["gguf"], downloads=n) for n in range(30)),
    ]


@contextmanager
def shelves(folder: Path, starter_model: Path) -> Iterator[dict[str, str]]:
    """A gateway in local mode and one with accounts; the variables that tell the browser tests of them."""
    local_models, keyed_models = folder / "local" / "models", folder / "keyed" / "models"
    for made in (local_models, keyed_models):
        made.mkdir(parents=True)
        shutil.copy(starter_model, made / "starter.gguf")
    (local_models / "torn.gguf").write_bytes(b"GGUF" + bytes(2000))
    for name in ("spare", "kept"):
        (local_models / f"{name}.Q8_0.gguf").write_bytes(gguf_bytes())
    limit = (starter_model.stat().st_size + ROOM) / 1_000_000_000
    with ExitStack() as stack:
        hub = stack.enter_context(fake_hub(*repositories_to_fetch(), tokens=TOKENS))
        hub.misbehave(Fault(on="content", path="slow", bytes_per_s=1_200_000, times=None))
        hub.misbehave(Fault(on="content", path="broken", wrong_content=True, times=None))
        vendor = stack.enter_context(vendor_aside())
        variables: dict[str, Any] = {
            "HF_ENDPOINT": hub.url,
            "PLUGGABLY_PROVIDERS__OPENAI__API_KEY": "sk-test",
            "PLUGGABLY_PROVIDERS__OPENAI__BASE_URL": vendor.base_url,
            "PLUGGABLY_PROVIDERS__OPENAI__MODELS": json.dumps(MODELS),
            "PLUGGABLY_RUNTIME__PARALLEL": "1",
        }
        local = stack.enter_context(
            running_gateway(
                folder / "local",
                models=local_models,
                local=True,
                PLUGGABLY_BUILTIN_MODELS="true",
                PLUGGABLY_STORAGE__MAX_MODEL_GB=str(limit),
                PLUGGABLY_STORAGE__KEEP_FREE_GB="0",
                **variables,
            )
        )
        keyed = stack.enter_context(running_gateway(folder / "keyed", models=keyed_models, **variables))
        _people(keyed)
        yield {
            "WEB_LOCAL": local.url,
            "WEB_KEYED": keyed.url,
            "WEB_KEY": KEY,
            "WEB_PASSWORD": PASSWORD,
        }


def _people(gateway: Gateway) -> None:
    """The first one is an administrator, the second is not."""
    with gateway.client() as client:
        for name in ("ada", "ben"):
            invite = client.post("/v1/users/invites", json={}).json()["invite_token"]
            body = {"username": name, "password": PASSWORD, "invite_token": invite}
            client.post("/v1/users/register", json=body).raise_for_status()
