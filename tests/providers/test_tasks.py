"""Media made at vendors: submitted, polled, cancelled, fetched. Against servers that speak the vendors' formats."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from pluggably.contract.media import MediaProgress, MediaRequest, MediaResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Provider
from pluggably.errors import (
    ContentRefused,
    PluggablyError,
    ProviderAuthError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
)
from pluggably.kit.http import Address, HttpClient, Timeouts
from pluggably.providers._links import LinkFetcher
from pluggably.providers._tasks import MediaDriver, Pace
from pluggably.providers._transport import Account, Transport
from pluggably.providers.fal import FAL
from pluggably.providers.meshy import MESHY
from tests.fakes.media_vendors import MESH, PICTURE, MediaVendors, media_vendors

KEY = "sk-CANARY-0123456789"
FAST = Pace(first_s=0.01, longest_s=0.02, give_up_s=2)
pytestmark = pytest.mark.req("SYS-REQ-002")


@pytest.fixture
async def vendors() -> AsyncIterator[MediaVendors]:
    """The vendors on loopback."""
    async with media_vendors() as server:
        yield server


@pytest.fixture
async def driver(http: HttpClient) -> AsyncIterator[MediaDriver]:
    """Makes media, quickly."""
    links = LinkFetcher(http)
    made = MediaDriver(Transport(http), links, FAST)
    yield made
    await made.close()
    await links.close()


def account(vendors: MediaVendors, provider: Provider, **times: float) -> Account:
    timeouts = replace(Timeouts(2, 5, 5, 20), **times)
    headers = provider.headers({"api_key": KEY})
    return Account(provider.name, Address(vendors.base_url(provider.name)), headers, {"api_key": KEY}, timeouts)


def mesh(prompt: str, *, images: list[str] | None = None, **parameters: Any) -> MediaRequest:
    return MediaRequest(Modality.MESH, prompt, images or [], parameters)


async def make(
    driver: MediaDriver,
    vendors: MediaVendors,
    request: MediaRequest,
    provider: Provider = MESHY,
    model: str = "meshy-6",
    **times: float,
) -> tuple[list[MediaProgress], MediaResult]:
    """The progress and the result."""
    adapter: Any = provider.adapters[request.modality]
    events = [event async for event in driver.make(account(vendors, provider, **times), adapter, request, model)]
    result = events.pop()
    assert isinstance(result, MediaResult)
    return [event for event in events if isinstance(event, MediaProgress)], result


async def until(condition: Any, within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_places_in_the_queue_and_progress_come_through_before_the_result(
    driver: MediaDriver, vendors: MediaVendors
) -> None:
    progress, result = await make(driver, vendors, mesh("queue a chair", textured=False))
    assert [event.queue_position for event in progress] == [3, 2, None, None]
    assert [event.progress_pct for event in progress[2:]] == [10, 60]
    (item,) = result.items
    assert (item.media_type, item.data, item.vertices, item.faces) == ("model/gltf-binary", MESH, 30, 20)
    assert item.preview == PICTURE


async def test_a_textured_mesh_takes_two_tasks_whose_progress_is_one(
    driver: MediaDriver, vendors: MediaVendors
) -> None:
    progress, result = await make(driver, vendors, mesh("queue a chair", enable_pbr=True))
    first, second = (item.json for item in vendors.asked("/v2/text-to-3d", "POST"))
    assert (first["mode"], first["prompt"], second["mode"]) == ("preview", "queue a chair", "refine")
    assert (second["preview_task_id"], second["enable_pbr"]) == ("task-1", True)
    percents = [event.progress_pct for event in progress if event.progress_pct is not None]
    assert percents == [5, 30, 50, 75]
    assert len(result.items) == 1


@pytest.mark.parametrize("word", ["busy", "limited", "proxy"])
async def test_what_passes_while_a_task_is_polled_is_asked_again(
    driver: MediaDriver, vendors: MediaVendors, word: str
) -> None:
    _, result = await make(driver, vendors, mesh(f"{word} chair", textured=False))
    assert result.items[0].data == MESH
    assert len(vendors.asked("/v2/text-to-3d", "POST")) == 1, "the task is never submitted twice"


async def test_a_part_of_a_task_that_is_not_taken_is_submitted_again_for_a_while(
    driver: MediaDriver, vendors: MediaVendors
) -> None:
    vendors.refusals[:] = [None, 503, 503]
    await make(driver, vendors, mesh("quick chair"))
    assert len(vendors.tasks) == 2, "the preview, which is paid for, is made once"
    vendors.refusals[:] = [None, *[503] * (1 + FAST.failures)]
    with pytest.raises(ProviderUnavailable) as failed:
        await make(driver, vendors, mesh("quick chair"))
    assert failed.value.work_begun, "nobody begins anew what was begun"
    assert (len(vendors.tasks), vendors.refusals) == (3, [])


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_part_that_may_have_been_taken_is_not_submitted_again(
    driver: MediaDriver, vendors: MediaVendors, status: int
) -> None:
    vendors.refusals[:] = [None, status, 418]
    with pytest.raises(PluggablyError):
        await make(driver, vendors, mesh("quick chair"))
    assert vendors.refusals == [418]


async def test_a_task_that_was_never_taken_may_be_begun_anew(driver: MediaDriver, vendors: MediaVendors) -> None:
    vendors.refusals[:] = [503]
    with pytest.raises(ProviderUnavailable) as failed:
        await make(driver, vendors, mesh("quick chair"))
    assert not failed.value.work_begun
    assert vendors.refusals == []


async def test_a_vendor_s_hint_when_to_ask_again_is_followed(driver: MediaDriver, vendors: MediaVendors) -> None:
    began = asyncio.get_running_loop().time()
    await make(driver, vendors, mesh("hints chair", textured=False))
    assert 0.9 < asyncio.get_running_loop().time() - began < 20
    assert vendors.tasks["task-1"].polls == 2


async def test_a_vendor_that_stays_down_is_given_up_and_its_task_cancelled(
    driver: MediaDriver, vendors: MediaVendors
) -> None:
    with pytest.raises(ProviderUnavailable):
        await make(driver, vendors, mesh("down chair", textured=False))
    await driver.close()
    assert vendors.tasks["task-1"].cancelled
    assert vendors.tasks["task-1"].polls == 2 + FAST.failures


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("fails", ProviderError),
        ("refused", ContentRefused),
        ("cancelled", ProviderError),
        ("expires", ProviderError),
        ("key", ProviderAuthError),
    ],
)
async def test_a_task_that_failed_says_whose_turn_it_is(
    driver: MediaDriver, vendors: MediaVendors, word: str, kind: type[PluggablyError]
) -> None:
    with pytest.raises(kind) as failed:
        await make(driver, vendors, mesh(f"{word} chair", textured=False))
    assert type(failed.value) is kind
    assert KEY not in str(failed.value.envelope("req_1"))


@pytest.mark.req("SYS-REQ-047")
async def test_a_closed_generator_cancels_the_task(driver: MediaDriver, vendors: MediaVendors) -> None:
    adapter: Any = FAL.adapters[Modality.IMAGE]
    request = MediaRequest(Modality.IMAGE, "slow cat")
    async with aclosing(driver.make(account(vendors, FAL), adapter, request, "fal-ai/flux/dev")) as events:
        first = await anext(events)
        assert isinstance(first, MediaProgress)
        assert first.queue_position == 1
    await until(lambda: vendors.tasks["task-1"].cancelled)
    (call,) = vendors.asked("/cancel")
    assert (call.method, call.path) == ("PUT", "/fal/fal-ai/flux/requests/task-1/cancel")


@pytest.mark.req("SYS-REQ-047")
@pytest.mark.parametrize("delay_s", [0.0, 0.3])
async def test_a_cancelled_caller_leaves_no_task_behind_not_even_one_being_submitted(
    driver: MediaDriver, vendors: MediaVendors, delay_s: float
) -> None:
    vendors.delay_s = delay_s
    making = asyncio.create_task(make(driver, vendors, mesh("slow chair")))
    await until(lambda: vendors.requests if delay_s else len(vendors.requests) > 2)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    await until(lambda: vendors.tasks and vendors.tasks["task-1"].cancelled)


async def test_a_task_that_has_failed_is_not_cancelled(driver: MediaDriver, vendors: MediaVendors) -> None:
    with pytest.raises(ProviderError):
        await make(driver, vendors, mesh("fails chair", textured=False))
    await driver.close()
    assert vendors.asked("/v2/text-to-3d", "DELETE") == []


async def test_a_task_has_an_overall_bound_and_is_cancelled_at_it(driver: MediaDriver, vendors: MediaVendors) -> None:
    with pytest.raises(ProviderTimeout):
        await make(driver, vendors, mesh("slow chair"), total_s=0.3)
    await until(lambda: vendors.tasks["task-1"].cancelled)


async def test_a_failed_cancel_call_is_logged_without_the_key(driver: MediaDriver, vendors: MediaVendors) -> None:
    adapter: Any = MESHY.adapters[Modality.MESH]
    with capture_logs() as lines:
        async with aclosing(driver.make(account(vendors, MESHY), adapter, mesh("slow"), "meshy-6")) as events:
            await anext(events)
            vendors.tasks.clear()  # the vendor knows nothing of it any more
        await driver.close()
    assert [line["log_level"] for line in lines if "not cancelled" in line["event"]] == ["warning"]
    assert KEY not in str(lines)


@pytest.mark.req("SYS-NFR-001")
@pytest.mark.parametrize("word", ["elsewhere", "redirected"])
async def test_another_host_that_has_the_result_gets_no_key(
    driver: MediaDriver, vendors: MediaVendors, word: str
) -> None:
    _, result = await make(driver, vendors, mesh(f"{word} chair", textured=False))
    assert result.items[0].data == MESH
    files = [item for item in vendors.asked("/files/") if f"http://{item.host}" == vendors.other_root]
    assert len(files) == 1
    assert all(KEY not in str(item.headers) for item in files)


async def test_a_signed_link_is_fetched_as_it_was_written(driver: MediaDriver, vendors: MediaVendors) -> None:
    await make(driver, vendors, mesh("elsewhere chair", textured=False))
    assert [item.path for item in vendors.asked("/files/elsewhere")] == [
        "/files/elsewhere.glb?X-Sig=a%2Fb%3D&expires=9"
    ]


@pytest.mark.parametrize("word", ["gone", "truncated", "damaged", "page", "file"])
async def test_a_result_that_can_t_be_had_whole_is_the_providers_error(
    driver: MediaDriver, vendors: MediaVendors, word: str
) -> None:
    with pytest.raises(ProviderError) as failed:
        await make(driver, vendors, mesh(f"{word} chair", textured=False))
    assert failed.value.code == "provider_error"


async def test_a_file_server_that_stumbles_is_asked_again(driver: MediaDriver, vendors: MediaVendors) -> None:
    vendors.failing = 1
    _, result = await make(driver, vendors, mesh("flaky chair", textured=False))
    assert result.items[0].data == MESH


async def test_a_result_over_the_limit_is_not_taken(http: HttpClient, vendors: MediaVendors) -> None:
    links = LinkFetcher(http, max_bytes=100)
    driver = MediaDriver(Transport(http), links, FAST)
    with pytest.raises(ProviderError, match=r"larger than .* Mend the request: ask for less"):
        await make(driver, vendors, mesh("quick chair", textured=False))
    await links.close()


async def test_a_public_vendor_leads_nobody_to_a_private_address(http: HttpClient) -> None:
    public, links = Account("acme", Address("http://93.184.215.14/v1")), LinkFetcher(http)
    for link in ("http://127.0.0.1/x.glb", "http://169.254.169.254/latest", "http://[::1]/", "http://10.0.0.1/"):
        with pytest.raises(ProviderError, match="no public address"):
            await links(public, link)
    await links.close()


async def test_images_over_several_links_come_in_order_without_the_unsafe_ones(
    driver: MediaDriver, vendors: MediaVendors
) -> None:
    request = MediaRequest(Modality.IMAGE, "quick cat", [], {"count": 3, "unsafe": 1})
    _, result = await make(driver, vendors, request, FAL, "fal-ai/flux/dev")
    assert [(item.media_type, item.width, item.height) for item in result.items] == [("image/png", 64, 48)] * 2
    assert result.warnings == ["fal took 1 of 3 images for unsafe; left out."]


async def test_nothing_that_is_logged_holds_the_key(
    driver: MediaDriver, vendors: MediaVendors, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as lines:
        for word in ("busy", "gone", "fails", "key", "elsewhere"):
            with suppress(PluggablyError):
                await make(driver, vendors, mesh(f"{word} chair", textured=False))
    assert lines
    assert KEY not in str(lines) + caplog.text
