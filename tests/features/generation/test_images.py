"""The images of a request: fetched from real servers on loopback, read from a real store, checked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from pluggably.contract.modality import Modality
from pluggably.errors import (
    ArtifactExpired,
    ArtifactNotFound,
    BlockedURL,
    InvalidImage,
    PluggablyError,
    UnsupportedFeature,
)
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.artifacts.store import LocalStore
from pluggably.features.generation.images import MAX_BYTES_TOGETHER, ImageInputs, image_urls
from pluggably.features.generation.inputs import media_request
from pluggably.features.generation.schemas import MAX_IMAGES, GenerateRequest
from pluggably.kit.database import Database
from pluggably.kit.fetch import Fetcher
from pluggably.kit.images import MAX_BYTES
from pluggably.routing.catalogue import LOCAL, Catalogue, Entry
from pluggably.tables.artifacts import ArtifactKind
from tests.factories.artifacts import service_on
from tests.factories.images import data_url, image_bytes, png_url
from tests.fakes.web_host import WebHost, answer, drip, ok, redirect, web_host

pytestmark = pytest.mark.req("SYS-REQ-070")

SEEING = {"input_modalities": ["text", "image"]}
LOCAL_EYES = Entry("eyes", "eyes", LOCAL, Modality.TEXT, capabilities=SEEING)
REMOTE_EYES = Entry("acme:eyes", "eyes", "acme", Modality.TEXT, capabilities=SEEING)
REMOTE_PAINTER = Entry("acme:painter", "painter", "acme", Modality.IMAGE, capabilities=SEEING)
BLIND = Entry("blind", "blind", LOCAL, Modality.TEXT, capabilities={"input_modalities": ["text"]})
EVERY_ENTRY = [LOCAL_EYES, REMOTE_EYES, REMOTE_PAINTER]
PNG = image_bytes()
ME, SOMEBODY_ELSE = "usr_me", "usr_other"


@pytest.fixture
def artifacts(database: Database, tmp_path: Path) -> ArtifactService:
    return service_on(database, LocalStore(tmp_path / "artifacts"))


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """Reaches servers on 127.0.0.1 alone."""
    fetcher = Fetcher([ip_network("127.0.0.1/32")])
    yield fetcher
    await fetcher.close()


@pytest.fixture
def inputs(fetcher: Fetcher, artifacts: ArtifactService) -> ImageInputs:
    return ImageInputs(fetcher, artifacts, Catalogue())


@pytest.fixture
async def host() -> AsyncIterator[WebHost]:
    async with web_host({"/a.png": ok(PNG, "Content-Type: text/html")}) as running:
        yield running


def image(url: Any, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def user(*parts: Any) -> list[dict[str, Any]]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": list(parts)}]


async def saved(
    artifacts: ArtifactService, data: bytes, media_type: str = "image/png", user_id: str = ME, **more: Any
) -> str:
    kind = ArtifactKind.MESH if media_type.startswith("model/") else ArtifactKind.IMAGE
    return (await artifacts.save(user_id, "req_1", kind, data, media_type, **more)).id


# data URLs
async def test_the_engine_gets_images_under_their_right_type_and_nothing_beside_them(inputs: ImageInputs) -> None:
    jpeg = image_bytes("JPEG")
    part = {**image(data_url(jpeg)), "cache_control": {"type": "ephemeral"}}
    before = user({"type": "text", "text": "Look!"}, part)
    after = await inputs.checked(LOCAL_EYES, before, ME)
    right = image(data_url(jpeg, "data:image/jpeg;base64,"))
    assert after == user({"type": "text", "text": "Look!"}, right)
    assert before[1]["content"][1] is part, "the caller's messages stay as they are"


async def test_messages_without_parts_pass(inputs: ImageInputs) -> None:
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": None, "tool_calls": []}]
    for entry in (BLIND, *EVERY_ENTRY):
        assert await inputs.checked(entry, messages, ME) == messages


async def test_a_provider_of_chats_gets_what_the_caller_sent_inline(inputs: ImageInputs) -> None:
    parts = [image("data:image/heic;base64,AAAA")] * (MAX_IMAGES + 1)
    messages = user(*parts, {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}})
    assert await inputs.checked(REMOTE_EYES, messages, ME) is messages


@pytest.mark.parametrize("entry", EVERY_ENTRY)
@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("file:///etc/passwd", BlockedURL),
        ("FILE:///etc/passwd", BlockedURL),
        ("ftp://example.com/a.png", BlockedURL),
        ("gopher://127.0.0.1:6379/", BlockedURL),
        ("/etc/passwd", BlockedURL),
        ("iVBORw0KGgo=", BlockedURL),
        ("", BlockedURL),
        ("http:", BlockedURL),
        ("http://a@127.0.0.1/", BlockedURL),
        ("http://[::1]/", BlockedURL),
        ("http://169.254.169.254/latest/meta-data/", BlockedURL),
        ("http://0x7f000001/", BlockedURL),
        ("http://localhost:1/" + "a" * 8000, BlockedURL),
        ("data:text/html;base64,AAAA", InvalidImage),
        ("artifact:", ArtifactNotFound),
        ("artifact:art_1", ArtifactNotFound),
        ("artifact:../../etc/passwd", ArtifactNotFound),
        ("artifact:art_" + "0" * 26, ArtifactNotFound),
    ],
)
async def test_addresses_that_no_model_may_get(
    inputs: ImageInputs, entry: Entry, url: str, error: type[PluggablyError]
) -> None:
    for part in (image(url), {"type": "image_url", "image_url": url}):
        with pytest.raises(error) as caught:
            await inputs.checked(entry, user(part), ME)
        assert caught.value.param == "input.images"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "video_url", "video_url": {"url": "http://127.0.0.1/"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": ["image_url"], "image_url": None},
        {"text": "no type"},
        "no part",
        None,
    ],
)
@pytest.mark.parametrize("entry", [LOCAL_EYES, BLIND])
async def test_the_engine_gets_text_and_images_alone(inputs: ImageInputs, entry: Entry, part: Any) -> None:
    with pytest.raises(UnsupportedFeature, match="parts of the type"):
        await inputs.checked(entry, user(part), ME)


async def test_an_image_in_a_part_that_says_text_is_refused(inputs: ImageInputs, host: WebHost) -> None:
    with pytest.raises(UnsupportedFeature, match="parts of the type"):
        await inputs.checked(LOCAL_EYES, user({"type": "text", "text": "", "image_url": host.url}), ME)
    assert host.heads == []


@pytest.mark.parametrize("part", [{"type": "image_url"}, image(None), image(7), image(["http://127.0.0.1/"])])
async def test_an_image_without_an_address_is_none(inputs: ImageInputs, part: Any) -> None:
    with pytest.raises(InvalidImage):
        await inputs.checked(LOCAL_EYES, user(part), ME)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "video_url", "video_url": {"url": "http://169.254.169.254/"}},
        {"type": "audio_url", "audio_url": "http://127.0.0.1/"},
        {"video_url": {"url": "file:///etc/passwd"}},
        {"type": "file", "file": {"file_data": "https://example.com/a.pdf"}},
        {"type": "input_video", "input_video": {"data": "http://10.0.0.1/"}},
        {"type": "input_file", "input_file": {"file_url": " http://10.0.0.1/"}},
    ],
)
async def test_a_provider_gets_no_address_in_other_parts_either(inputs: ImageInputs, part: Any) -> None:
    with pytest.raises(UnsupportedFeature, match="for images alone"):
        await inputs.checked(REMOTE_EYES, user(part), ME)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}},
        {"type": "file", "file": {"filename": "a: b.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "text", "text": "see http://127.0.0.1/"},
    ],
)
async def test_a_provider_gets_the_content_of_other_parts(inputs: ImageInputs, part: Any) -> None:
    messages = user(part)
    assert await inputs.checked(REMOTE_EYES, messages, ME) is messages


async def test_a_request_has_so_many_images_and_pixels(inputs: ImageInputs) -> None:
    most = user(*[image(png_url())] * MAX_IMAGES)
    assert len((await inputs.checked(LOCAL_EYES, most, ME))[1]["content"]) == MAX_IMAGES
    with pytest.raises(InvalidImage, match="at most 16 images"):
        await inputs.checked(LOCAL_EYES, [*most, {"role": "user", "content": [image(png_url())]}], ME)
    large = image(png_url(size=(6000, 5000)))
    assert await inputs.checked(LOCAL_EYES, user(large), ME)
    with pytest.raises(InvalidImage, match="20000000 that are left"):
        await inputs.checked(LOCAL_EYES, user(large, large), ME)


# addresses
@pytest.mark.parametrize("entry", EVERY_ENTRY)
async def test_an_address_becomes_the_image_that_is_there(inputs: ImageInputs, host: WebHost, entry: Entry) -> None:
    host.pages["/b"] = redirect("/a.png")
    after = await inputs.checked(entry, user({"type": "text", "text": "Look!"}, image(f"{host.url}/b")), ME)
    assert after == user({"type": "text", "text": "Look!"}, image(data_url(PNG)))
    assert host.asked == ["/b", "/a.png"]


async def test_what_was_brought_for_one_model_is_there_for_the_next(inputs: ImageInputs, host: WebHost) -> None:
    messages, brought = user(image(f"{host.url}/a.png")), dict[str, bytes]()
    for entry in EVERY_ENTRY:
        assert await inputs.checked(entry, messages, ME, brought) == user(image(data_url(PNG)))
    assert host.asked == ["/a.png"]


async def test_what_stands_beside_an_address_goes_on_to_the_provider(inputs: ImageInputs, host: WebHost) -> None:
    part = {**image(f"{host.url}/a.png", detail="low"), "cache_control": {"type": "ephemeral"}}
    heic = image("data:image/heic;base64,AAAA")
    after = await inputs.checked(REMOTE_EYES, user(heic, part), ME)
    assert after == user(heic, {**image(data_url(PNG), detail="low"), "cache_control": {"type": "ephemeral"}})


@pytest.mark.parametrize("entry", EVERY_ENTRY)
async def test_a_webp_is_converted_for_models_of_this_machine(
    inputs: ImageInputs, host: WebHost, entry: Entry
) -> None:
    host.pages["/a.webp"] = ok(webp := image_bytes("WEBP"))
    (url,) = image_urls(await inputs.checked(entry, user(image(f"{host.url}/a.webp")), ME))
    if entry.provider == LOCAL:
        assert url.startswith("data:image/png;base64,")
    else:
        assert url == data_url(webp, "data:image/webp;base64,")


@pytest.mark.parametrize(
    ("page", "reason", "details"),
    [
        (ok(b"<svg/>", "Content-Type: image/png"), "no PNG", None),
        (ok(PNG[:60], "Content-Type: image/png"), "damaged", None),
        (ok(PNG)[:-10], "broke", None),
        (ok(b""), "no PNG", None),
        (ok(bytes(MAX_BYTES + 1)), "larger than 20 MiB", None),
        (ok(PNG, "Content-Encoding: gzip"), "compressed", None),
        (answer(404), "127.0.0.1 answered 404", {"status": 404}),
        (answer(503), "127.0.0.1 answered 503", {"status": 503}),
    ],
)
@pytest.mark.parametrize("entry", EVERY_ENTRY)
async def test_what_is_no_image_is_told_so(
    inputs: ImageInputs, host: WebHost, entry: Entry, page: bytes, reason: str, details: Any
) -> None:
    host.pages["/b"] = page
    with pytest.raises(InvalidImage, match=reason) as caught:
        await inputs.checked(entry, user(image(f"{host.url}/b")), ME)
    assert (caught.value.param, caught.value.details) == ("input.images", details)


@pytest.mark.parametrize("entry", EVERY_ENTRY)
async def test_an_address_that_is_not_public_is_not_asked(inputs: ImageInputs, host: WebHost, entry: Entry) -> None:
    async with web_host({"/secret": ok(PNG)}, address="127.0.0.2") as inside:
        host.pages["/b"] = redirect(f"{inside.url}/secret")
        for url in (f"{inside.url}/secret", f"{host.url}/b"):
            with pytest.raises(BlockedURL, match=r"127\.0\.0\.2 has no public address"):
                await inputs.checked(entry, user(image(url)), ME)
        assert inside.heads == []


async def test_nothing_is_fetched_for_a_request_that_is_refused_anyway(inputs: ImageInputs, host: WebHost) -> None:
    good = image(f"{host.url}/a.png")
    for entry, parts in (
        (BLIND, [good]),
        (LOCAL_EYES, [good, image("file:///etc/passwd")]),
        (LOCAL_EYES, [good, {"type": "input_audio"}]),
        (LOCAL_EYES, [good] * (MAX_IMAGES + 1)),
        (REMOTE_EYES, [good] * (MAX_IMAGES + 1)),
        (REMOTE_EYES, [good, {"type": "video_url", "video_url": {"url": host.url}}]),
    ):
        with pytest.raises(PluggablyError):
            await inputs.checked(entry, user(*parts), ME)
    assert host.heads == []


async def test_several_images_come_together_and_stay_in_order(inputs: ImageInputs, host: WebHost) -> None:
    pictures = [image_bytes(size=(8 + number, 8)) for number in range(8)]

    def page(number: int) -> Any:
        async def late(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.2 if number % 2 == 0 else 0.05)
            writer.write(ok(pictures[number]))
            await writer.drain()

        return late

    host.pages |= {f"/{number}": page(number) for number in range(8)}
    parts = [image(f"{host.url}/{number}") for number in range(8)]
    after = await inputs.checked(LOCAL_EYES, user(*parts, parts[3]), ME)
    assert image_urls(after) == [data_url(pictures[number]) for number in (*range(8), 3)]
    assert 1 < host.most_open <= 4
    assert sorted(host.asked) == [f"/{number}" for number in range(8)], "each once"


async def test_the_first_failure_ends_the_other_fetches(inputs: ImageInputs, host: WebHost) -> None:
    host.pages["/drip"] = drip
    with pytest.raises(InvalidImage, match="404"):
        await inputs.checked(REMOTE_EYES, user(image(f"{host.url}/drip"), image(f"{host.url}/none")), ME)
    async with asyncio.timeout(5):
        while not host.left:
            await asyncio.sleep(0.01)


async def test_images_that_are_brought_have_so_many_bytes_together(inputs: ImageInputs, host: WebHost) -> None:
    padded = PNG + bytes(MAX_BYTES_TOGETHER // 2 - len(PNG))
    host.pages |= {f"/{number}": ok(padded) for number in range(3)}
    two = [image(f"{host.url}/{number}") for number in range(2)]
    assert await inputs.checked(REMOTE_EYES, user(*two), ME)
    with pytest.raises(InvalidImage, match="together larger than 32 MiB"):
        await inputs.checked(REMOTE_EYES, user(*two, image(f"{host.url}/2")), ME)


async def test_a_user_who_fetches_much_keeps_nobody_else_waiting(inputs: ImageInputs, host: WebHost) -> None:
    release = asyncio.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(ok(PNG))
        await writer.drain()

    host.pages |= {f"/{number}": held for number in range(4)}
    four = user(*[image(f"{host.url}/{number}") for number in range(4)])
    greedy = [asyncio.create_task(inputs.checked(REMOTE_EYES, four, ME)) for _ in range(6)]
    async with asyncio.timeout(10):
        while host.open < 16:
            await asyncio.sleep(0.01)
        assert await inputs.checked(REMOTE_EYES, user(image(f"{host.url}/a.png")), SOMEBODY_ELSE)
        assert host.open == 16
        release.set()
        assert len(await asyncio.gather(*greedy)) == 6
    assert host.most_open == 17


async def test_a_request_that_is_given_up_ends_its_fetches(inputs: ImageInputs, host: WebHost) -> None:
    host.pages["/drip"] = drip
    waiting = asyncio.create_task(inputs.checked(LOCAL_EYES, user(image(f"{host.url}/drip")), ME))
    async with asyncio.timeout(5):
        while not host.heads:
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        while not host.left:
            await asyncio.sleep(0.01)


# artifacts
@pytest.mark.parametrize("entry", EVERY_ENTRY)
async def test_an_artifact_becomes_the_image_that_it_is(
    inputs: ImageInputs, artifacts: ArtifactService, entry: Entry
) -> None:
    artifact_id = await saved(artifacts, PNG)
    after = await inputs.checked(entry, user(image(f"artifact:{artifact_id}")), ME)
    assert after == user(image(data_url(PNG)))


@pytest.mark.parametrize("entry", EVERY_ENTRY)
async def test_an_artifact_is_its_owners_alone(inputs: ImageInputs, artifacts: ArtifactService, entry: Entry) -> None:
    messages = user(image(f"artifact:{await saved(artifacts, PNG)}"))
    assert await inputs.checked(entry, messages, ME)
    with pytest.raises(ArtifactNotFound) as caught:
        await inputs.checked(entry, messages, SOMEBODY_ELSE)
    assert (caught.value.status, caught.value.param) == (404, "input.images")


async def test_a_mesh_is_no_image_and_its_preview_is_one(inputs: ImageInputs, artifacts: ArtifactService) -> None:
    mesh_id = await saved(artifacts, b"glTF", "model/gltf-binary", preview=PNG)
    mesh = await artifacts.read(ME, mesh_id)
    assert mesh.preview_url is not None
    preview_id = mesh.preview_url.partition("?")[0].rpartition("/")[2]
    with pytest.raises(InvalidImage, match="is no image"):
        await inputs.checked(LOCAL_EYES, user(image(f"artifact:{mesh_id}")), ME)
    after = await inputs.checked(LOCAL_EYES, user(image(f"artifact:{preview_id}")), ME)
    assert image_urls(after) == [data_url(PNG)]


async def test_an_artifact_that_is_too_large_is_not_read(inputs: ImageInputs, artifacts: ArtifactService) -> None:
    large = await saved(artifacts, PNG + bytes(MAX_BYTES))
    with pytest.raises(InvalidImage, match="larger than 20 MiB"):
        await inputs.checked(REMOTE_EYES, user(image(f"artifact:{large}")), ME)


async def test_an_artifact_after_its_time_is_gone(database: Database, fetcher: Fetcher, tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "artifacts")
    short = service_on(database, store, retention=timedelta(0))
    inputs = ImageInputs(fetcher, short, Catalogue())
    with pytest.raises(ArtifactExpired) as caught:
        await inputs.checked(LOCAL_EYES, user(image(f"artifact:{await saved(short, PNG)}")), ME)
    assert (caught.value.status, caught.value.param) == (410, "input.images")
    kept = service_on(database, store)
    lost = await saved(kept, PNG)
    await store.delete(lost)
    with pytest.raises(ArtifactExpired, match="no longer in the store"):
        await ImageInputs(fetcher, kept, Catalogue()).checked(LOCAL_EYES, user(image(f"artifact:{lost}")), ME)


async def test_what_an_image_model_draws_from_is_brought_and_checked(
    inputs: ImageInputs, artifacts: ArtifactService, host: WebHost
) -> None:
    images = [f"{host.url}/a.png", f"artifact:{await saved(artifacts, PNG)}", png_url()]
    asked = GenerateRequest.model_validate({"input": {"prompt": "Draw!", "images": images}})
    media = await media_request(REMOTE_PAINTER, asked, {}, inputs, ME, {})
    assert (media.prompt, media.images) == ("Draw!", [data_url(PNG)] * 3)
    asked = GenerateRequest.model_validate({"input": {"images": [data_url(b"no image")]}})
    with pytest.raises(InvalidImage):
        await media_request(REMOTE_PAINTER, asked, {}, inputs, ME, {})


# models without eyes
async def test_the_error_of_a_model_without_eyes_says_who_has_some(
    fetcher: Fetcher, artifacts: ArtifactService
) -> None:
    catalogue = Catalogue()
    inputs = ImageInputs(fetcher, artifacts, catalogue)
    with pytest.raises(UnsupportedFeature, match="No model for text that is available here does") as caught:
        await inputs.checked(BLIND, user(image(png_url())), ME)
    assert caught.value.details == {"suggestions": []}
    broken = Entry("broken", "broken", LOCAL, Modality.TEXT, status="failed", capabilities=SEEING)
    for entry in (BLIND, broken, REMOTE_PAINTER, LOCAL_EYES, REMOTE_EYES):
        catalogue.put(entry)
    with pytest.raises(UnsupportedFeature, match=r"blind takes no images\. These do: eyes, acme:eyes;") as caught:
        await inputs.checked(BLIND, user(image(png_url())), ME)
    assert (caught.value.param, caught.value.details) == ("input.images", {"suggestions": ["eyes", "acme:eyes"]})
    for number in range(5):
        catalogue.put(Entry(f"more-{number}", f"more-{number}", "acme", Modality.TEXT, capabilities=SEEING))
    with pytest.raises(UnsupportedFeature, match="more-2 and 2 more"):
        await inputs.checked(BLIND, user(image(png_url())), ME)
