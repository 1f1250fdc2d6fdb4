"""The one way out for addresses that users name, against real servers on loopback."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import example, given
from hypothesis import strategies as st

from pluggably.kit.addresses import may_be_reached
from pluggably.kit.fetch import (
    MAX_URL,
    AddressRefused,
    CheckedResolver,
    Fetcher,
    FetchFailed,
    FetchLimits,
    SystemResolver,
    parse_url,
)
from tests.fakes.web_host import Names, answer, drip, endless, mute, ok, redirect, stall, web_host

pytestmark = pytest.mark.req("SYS-REQ-070")

LOOPBACK = [ip_network("127.0.0.0/8")]
ONE_ADDRESS = [ip_network("127.0.0.1/32")]
MIB = 2**20


@asynccontextmanager
async def fetching(allowed: Any = LOOPBACK, **options: Any) -> AsyncIterator[Callable[..., Any]]:
    """The `fetch` of a fetcher that is closed at the end."""
    fetcher = Fetcher(allowed, **options)

    async def fetch(url: str, max_bytes: int = MIB) -> bytes:
        return await fetcher.fetch(url, max_bytes=max_bytes, accept="image/png")

    try:
        yield fetch
    finally:
        await fetcher.close()


async def failure(fetch: Callable[..., Any], url: str, **options: Any) -> str:
    with pytest.raises(FetchFailed) as caught:
        await fetch(url, **options)
    return str(caught.value)


async def refusal(fetch: Callable[..., Any], url: str) -> str:
    with pytest.raises(AddressRefused) as caught:
        await fetch(url)
    return str(caught.value)


# what is asked
async def test_the_content_comes_as_it_is_and_nothing_of_the_gateway_goes_along(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("default login CANARY password CANARY\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    async with web_host({}) as proxy, web_host({}) as host, fetching() as fetch:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        host.pages["/a.png?size=1"] = ok(b"\x89PNG", "Content-Type: text/html", "Set-Cookie: a=CANARY; Path=/")
        for _ in range(2):
            assert await fetch(f"{host.url}/a.png?size=1#fragment") == b"\x89PNG"
        assert proxy.heads == []
        assert host.heads[0] == host.heads[1]
        request, *headers = host.heads[1].strip().split("\r\n")
        assert request == "GET /a.png?size=1 HTTP/1.1"
        assert sorted(header.lower() for header in headers) == [
            "accept-encoding: identity",
            "accept: image/png",
            "connection: close",
            f"host: 127.0.0.1:{host.port}",
            "user-agent: pluggably",
        ]


async def test_an_address_is_asked_for_as_it_was_signed() -> None:
    path = "/a%20b/%7Ec/d%2Fe?X-Signature=a%2Bb%2F%3D&empty=&list=1,2&~'()*!"
    async with web_host({path: ok(b"x")}) as host, fetching() as fetch:
        assert await fetch(host.url + path) == b"x"


async def test_letters_that_are_no_ascii_are_encoded_in_a_path() -> None:
    async with web_host({"/gr%C3%B6%C3%9Fe.png?%E2%82%AC=%22": ok(b"x")}) as host, fetching() as fetch:
        assert await fetch(f'{host.url}/größe.png?€="') == b"x"


# who is asked
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "localhost",
        "LOCALHOST", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.0.0.1", "127.1", "127.0.1", "0",
        "127.0.0.1.", "127.000.000.001", "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "127.0.0.1%00", "localhost.",
        "x@127.0.0.1", "127.0.0.1\\@example.com", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1%25lo]",
    ],
)  # fmt: skip
async def test_the_machine_itself_is_reached_by_no_spelling(host: str) -> None:
    async with web_host({"/": ok(b"secret")}) as inside, fetching([]) as fetch:
        message = await refusal(fetch, f"http://{host}:{inside.port}/")
        assert inside.heads == []
        assert "secret" not in message


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "①②⑦.0.0.1"])
async def test_an_allowed_address_has_one_spelling(host: str) -> None:
    async with web_host({"/": ok(b"x")}) as inside, fetching() as fetch:
        assert await fetch(f"http://127.0.0.1:{inside.port}/") == b"x"
        await refusal(fetch, f"http://{host}:{inside.port}/")


async def test_a_name_is_looked_up_once_and_the_address_that_was_judged_is_the_one_that_is_asked() -> None:
    names = Names(pictures_example=[["127.0.0.1"], ["127.0.0.2"]])
    async with (
        web_host({"/": ok(b"x")}) as host,
        web_host({"/": ok(b"inside")}, address="127.0.0.2", port=host.port) as inside,
        fetching(ONE_ADDRESS, resolver=names) as fetch,
    ):
        url = f"http://pictures.example:{host.port}/"
        assert await fetch(url) == b"x"
        assert names.asked == ["pictures.example"]
        assert f"Host: pictures.example:{host.port}" in host.heads[0]
        message = await refusal(fetch, url)
        assert message == "pictures.example has no public address"
        assert len(names.asked) == 2
        assert inside.heads == []


async def test_of_several_addresses_one_that_answers_is_enough() -> None:
    names = Names(pictures_example=[["127.0.0.3", "127.0.0.1"]])
    async with web_host({"/": ok(b"x")}) as host, fetching(resolver=names) as fetch:
        assert await fetch(f"http://pictures.example:{host.port}/") == b"x"


async def test_a_name_that_is_bound_anew_between_two_hops_is_refused() -> None:
    names = Names(pictures_example=[["127.0.0.1"], ["127.0.0.2"]])
    async with (
        web_host({"/": redirect("/again"), "/again": ok(b"x")}) as host,
        web_host({"/again": ok(b"inside")}, address="127.0.0.2", port=host.port) as inside,
        fetching(ONE_ADDRESS, resolver=names) as fetch,
    ):
        await refusal(fetch, f"http://pictures.example:{host.port}/")
        assert (host.asked, inside.asked) == (["/"], [])


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["169.254.169.254", "127.0.0.1"], ["::1"], ["fe80::1%2"],
        ["127.0.0.1", "64:ff9b::a9fe:a9fe"], ["no address"], [],
    ],
)  # fmt: skip
async def test_a_name_passes_only_with_all_its_addresses(addresses: list[str]) -> None:
    names = Names(pictures_example=[addresses])
    async with web_host({"/": ok(b"x")}) as host, fetching(ONE_ADDRESS, resolver=names) as fetch:
        message = await refusal(fetch, f"http://pictures.example:{host.port}/")
        assert message == "pictures.example has no public address"
        assert host.heads == []


async def test_a_name_that_nobody_knows_and_one_that_leads_inside_get_one_answer() -> None:
    failing = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    names = Names(inner_example=[["10.0.0.1"]], busy_example=[[], failing])
    async with fetching([], resolver=names) as fetch:
        inner, unknown = [await refusal(fetch, f"http://{host}.example/") for host in ("inner", "unknown")]
        assert inner.replace("inner", "unknown") == unknown
        await refusal(fetch, "http://busy.example/")
        assert await failure(fetch, "http://busy.example/") == "busy.example could not be looked up"


async def test_the_systems_look_ups_give_every_address() -> None:
    resolver = SystemResolver()
    found = await resolver.resolve("localhost", 80)
    assert found
    assert all(ip_address(item["host"]).is_loopback and item["port"] == 80 for item in found)
    await resolver.close()


# how an address is read
@pytest.mark.parametrize(
    ("text", "host", "port", "asked"),
    [
        ("http://example.com", "example.com", 80, "/"),
        ("HTTPS://EXAMPLE.com:443/A?b#c", "example.com", 443, "/A?b"),
        ("http://example.com:8080/", "example.com", 8080, "/"),
        ("http://example.com?q=1", "example.com", 80, "/?q=1"),
        ("http://example.com#x@y", "example.com", 80, "/"),
        ("http://example.com/@y:80", "example.com", 80, "/@y:80"),
        ("http://a_b.c-d.example/", "a_b.c-d.example", 80, "/"),
        ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
        ("https://[2606:4700:0::1111]:8443/", "2606:4700::1111", 8443, "/"),
        ("https://bücher.example/ü", "xn--bcher-kva.example", 443, "/%C3%BC"),
        ("https://BÜCHER.example/", "xn--bcher-kva.example", 443, "/"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
        ("http://example.com//a/../b", "example.com", 80, "//a/../b"),
    ],
)
def test_addresses_as_they_are_asked(text: str, host: str, port: int, asked: str) -> None:
    url = parse_url(text)
    assert (url.raw_host, url.port, url.raw_path_qs) == (host, port, asked)


@pytest.mark.parametrize(
    "text",
    [
        "", "example.com", "//example.com/", "http:", "http:/example.com", "http:example.com", "http://", "http:///a",
        "https:\\\\example.com", "http://exa\\mple.com/", "http://example.com\\@10.0.0.1/", "http://a b.example/",
        "http://user@example.com/", "http://user:pw@example.com/", "http://@example.com/", "http://a@b@example.com/",
        "http://example.com:80@10.0.0.1/", "http://example.com%40evil.example/", "http://exam%70le.com/",
        "http://example.com:/", "http://example.com:0/", "http://example.com:22/", "http://example.com:1023/",
        "http://example.com:65536/", "http://example.com:99999999/", "http://example.com:８０/", "http://a:1:2/",
        "http://example.com.:80/", "http://.example.com/", "http://a..b/", "http://-a.example/", "http://a-.example/",
        f"http://{'a' * 64}.example/", f"http://{'a.' * 127}example/", "http://exa$mple.com/", "http://a,b/",
        "http://1/", "http://1.2.3/", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://01.2.3.4/", "http://0x1.2.3.4/",
        "http://a.0x7f/", "http://example.0x/", "http://[1.2.3.4]/", "http://[::1/", "http://::1/", "http://[::1]a/",
        "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[:::]/", "http://[]/", "http://[v1.a]/",
        "http://ｅxample.com/", "http://example。com/", "http://ex\u00adample.com/", "http://ex\u200dample.com/",
        "http://☃.example/", "http://u\u0308.example/", "http://℀.example/", "http://\u202eexample.com/",
        "http://a.example\t/", "http://a.example/\n", "http://a.example/\r\nHost:b", "\thttp://a.example/",
        " http://a.example/", "http://a.example/ b", "http://a.example/\x00", "http://a.example/\x7f",
        "http://a.example/\ud800", "http://a.example/\u2028", "file:///etc/passwd", "ftp://a.example/", "gopher://a/",
        "javascript:alert(1)", "data:image/png;base64,AAAA", "unix:///run/x.sock", "ws://a.example/", "httpss://a/",
        "http://a.example/" + "a" * MAX_URL,
    ],
)  # fmt: skip
def test_addresses_that_are_not_read(text: str) -> None:
    with pytest.raises(AddressRefused):
        parse_url(text)


def test_a_user_name_is_called_one() -> None:
    with pytest.raises(AddressRefused, match="user name"):
        parse_url("http://user:pw@example.com/")


@given(
    st.one_of(
        st.text(max_size=40),
        st.text("htps:/\\@[]?#%.:0127xaüß。①- \t", max_size=40).map("http://{}".format),
        st.from_regex(r"https?://[a-z0-9.:@%\[\]\\-]{1,20}(:[0-9]{1,5})?[/?#][ -~]{0,20}", fullmatch=True),
    )
)
@example("http://example.com:80#@10.0.0.1/")
@example("http://[::ffff:7f00:1]/")
def test_what_is_read_is_read_alike_by_another_reader(text: str) -> None:
    try:
        url = parse_url(text)
    except AddressRefused:
        return
    other = urlsplit(str(url))
    assert (url.raw_host, url.port) == (other.hostname, other.port or {"http": 80, "https": 443}[other.scheme])
    assert other.username is other.password is None
    assert str(url).isascii()
    assert str(url).isprintable()
    assert not set(str(url)) & set(' "<>\\^`{|}#')
    assert parse_url(str(url)) == url, "it changes when it is read again"


@given(st.integers(0, 2**32 - 1), st.data())
def test_no_way_to_write_a_number_hides_an_inner_address(number: int, data: st.DataObject) -> None:
    octets = list(number.to_bytes(4, "big"))
    count = data.draw(st.integers(1, 4))
    parts = [*octets[: count - 1], int.from_bytes(bytes(octets[count - 1 :]), "big")]
    written = ".".join(data.draw(st.sampled_from([str(part), f"0{part:o}", hex(part)])) for part in parts)
    try:
        url = parse_url(f"http://{written}/")
    except AddressRefused:
        return
    assert url.raw_host == str(ip_address(number))


# redirects
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_wherever_they_are_written_from(status: int) -> None:
    async with web_host({"/end": ok(b"x")}) as far, fetching() as fetch:
        pages = {
            "/a/b": redirect("../c?d#e", status),
            "/c?d": redirect("//127.0.0.1:{port}/f", status),
            "/f": redirect(f"{far.url}/end", status),
        }
        async with web_host({}) as host:
            host.pages |= {path: page.replace(b"{port}", str(host.port).encode()) for path, page in pages.items()}
            assert await fetch(f"{host.url}/a/b") == b"x"
            assert host.asked == ["/a/b", "/c?d", "/f"]
            assert all(f"referer: {host.url}" not in head.lower() for head in (*host.heads, *far.heads))


async def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    pages: dict[str, Any] = {f"/{number}": redirect(f"/{number - 1}") for number in range(1, 7)}
    async with web_host({**pages, "/0": ok(b"x"), "/round": redirect("/round")}) as host, fetching() as fetch:
        assert await fetch(f"{host.url}/5") == b"x"
        assert await failure(fetch, f"{host.url}/6") == "it redirects more than 5 times"
        host.heads.clear()
        await failure(fetch, f"{host.url}/round")
        assert len(host.asked) == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/secret", "//127.0.0.2:{port}/secret", "http://[::1]:{port}/secret",
        "http://localhost.inner:{port}/secret", "http://2130706434:{port}/secret", "http://127.2:{port}/secret",
        "http://127.0.0.1:{port}@127.0.0.2:{port}/secret", "http://127.0.0.1\\@127.0.0.2/", "\\\\127.0.0.2\\secret",
        "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:22/", "http://①②⑦.0.0.2:{port}/secret",
        "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:{port}/_x", "javascript:alert(1)",
        "data:text/plain,x", "http://", "http:///secret", "http://[", "/a b", "/\u00ad",
    ],
)  # fmt: skip
async def test_each_hop_is_judged_anew(location: str) -> None:
    names = Names(localhost_inner=[["127.0.0.2"]])
    async with (
        web_host({}) as host,
        web_host({"/secret": ok(b"inside")}, address="127.0.0.2", port=host.port) as inside,
        fetching(ONE_ADDRESS, resolver=names) as fetch,
    ):
        host.pages["/"] = redirect(location.format(port=host.port))
        await refusal(fetch, f"{host.url}/")
        assert (host.asked, inside.asked) == (["/"], [])


async def test_a_redirect_to_nowhere_is_a_failure() -> None:
    async with web_host({"/a": answer(302), "/b": answer(302, "Location: ")}) as host, fetching() as fetch:
        for path in ("/a", "/b"):
            assert await failure(fetch, host.url + path) == "127.0.0.1 redirects to nowhere"


# TLS
@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls_of(authority: trustme.CA, name: str) -> tuple[ssl.SSLContext, list[str]]:
    """A server's context for a host, and the names that it was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    asked: list[str] = []
    context.sni_callback = lambda _socket, asked_for, _context: asked.append(asked_for)
    return context, asked


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_a_certificate_must_be_of_the_host_that_was_named(authority: trustme.CA) -> None:
    names = Names(pictures_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])
    tls, asked = tls_of(authority, "pictures.example")
    async with (
        web_host({"/": ok(b"x")}, tls=tls) as host,
        fetching(resolver=names, tls=trusting(authority)) as fetch,
    ):
        assert await fetch(f"https://pictures.example:{host.port}/") == b"x"
        for name in ("other.example", "127.0.0.1"):
            message = await failure(fetch, f"https://{name}:{host.port}/")
            assert message == f"{name} has no certificate that is trusted"
        assert asked[:2] == ["pictures.example", "other.example"]
        assert len(host.heads) == 1


async def test_only_authorities_that_the_system_trusts_vouch_for_a_host(authority: trustme.CA) -> None:
    names = Names(pictures_example=[["127.0.0.1"]])
    tls, _ = tls_of(authority, "pictures.example")
    async with web_host({"/": ok(b"x")}, tls=tls) as host, fetching(resolver=names) as fetch:
        await failure(fetch, f"https://pictures.example:{host.port}/")
        assert host.heads == []


async def test_a_redirect_may_lead_to_tls_and_never_away_from_it(authority: trustme.CA) -> None:
    names = Names(pictures_example=[["127.0.0.1"]])
    tls, _ = tls_of(authority, "pictures.example")
    async with (
        web_host({"/plain": ok(b"x")}) as plain,
        web_host({"/": ok(b"x"), "/down": redirect(f"{plain.url}/plain")}, tls=tls) as host,
        fetching(resolver=names, tls=trusting(authority)) as fetch,
    ):
        address = f"https://pictures.example:{host.port}"
        plain.pages["/up"] = redirect(f"{address}/")
        assert await fetch(f"{plain.url}/up") == b"x"
        assert await refusal(fetch, f"{address}/down") == "it redirects from https to http"
        assert plain.asked == ["/up"]


# what comes
async def test_so_many_bytes_are_taken_and_no_more() -> None:
    pages: dict[str, Any] = {"/full": ok(bytes(MIB)), "/large": ok(bytes(MIB + 1)), "/endless": endless}
    pages["/claims"] = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"
    async with web_host(pages) as host, fetching() as fetch:
        assert len(await fetch(f"{host.url}/full")) == MIB
        for path in ("/large", "/endless", "/claims"):
            assert await failure(fetch, host.url + path) == "it is larger than 1 MiB"
        async with asyncio.timeout(5):
            while not host.left:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "gzip, gzip"])
async def test_nothing_is_unpacked(encoding: str) -> None:
    bomb = gzip.compress(bytes(200 * MIB), 1)
    async with web_host({"/": ok(bomb, f"Content-Encoding: {encoding}")}) as host, fetching() as fetch:
        assert "compressed" in await failure(fetch, f"{host.url}/")


async def test_an_answer_that_says_identity_is_taken() -> None:
    async with web_host({"/": ok(b"x", "Content-Encoding: identity")}) as host, fetching() as fetch:
        assert await fetch(f"{host.url}/") == b"x"


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 503])
async def test_the_status_of_a_host_that_has_no_content_is_told(status: int) -> None:
    async with web_host({"/": answer(status, "WWW-Authenticate: Basic")}) as host, fetching() as fetch:
        with pytest.raises(FetchFailed, match=f"127.0.0.1 answered {status}") as caught:
            await fetch(f"{host.url}/")
        assert caught.value.status == status
        assert len(host.heads) == 1


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "the connection to 127.0.0.1 broke"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "the connection to 127.0.0.1 broke"),
        (b"", "the connection to 127.0.0.1 broke"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "127.0.0.1 answered with what is no HTTP"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000 + b"\r\n\r\n", "127.0.0.1 answered with what is no HTTP"),
    ],
)
async def test_an_answer_that_is_not_whole_is_a_failure(page: bytes, reason: str) -> None:
    async with web_host({"/": page}) as host, fetching() as fetch:
        assert await failure(fetch, f"{host.url}/") == reason


async def test_a_host_that_nobody_answers_at_is_a_failure_that_tells_no_address() -> None:
    names = Names(pictures_example=[["127.0.0.1"]])
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with fetching(resolver=names) as fetch:
        message = await failure(fetch, f"http://pictures.example:{port}/")
        assert message == "pictures.example could not be reached"


# how long it may take
class Slow(AbstractResolver):
    """Never answers."""

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_UNSPEC) -> list[ResolveResult]:
        await asyncio.sleep(3600)
        return []

    async def close(self) -> None:
        pass


async def test_a_look_up_that_never_ends_is_given_up() -> None:
    async with fetching(resolver=Slow(), limits=FetchLimits(connect_s=0.2)) as fetch:
        assert "within 0.2 s" in await failure(fetch, "http://pictures.example/")


@pytest.mark.parametrize("page", [stall, mute])
async def test_a_host_that_falls_silent_is_given_up(page: Any) -> None:
    async with web_host({"/": page}) as host, fetching(limits=FetchLimits(idle_s=0.3)) as fetch:
        assert await failure(fetch, f"{host.url}/") == "127.0.0.1 said nothing for 0.3 s"
        async with asyncio.timeout(5):
            while not host.left:
                await asyncio.sleep(0.01)


async def test_a_drip_and_a_row_of_redirects_share_one_total_time() -> None:
    async def slow_redirect(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(redirect("/slow"))
        await writer.drain()

    limits = FetchLimits(idle_s=5, total_s=0.8)
    async with web_host({"/drip": drip, "/slow": slow_redirect}) as host, fetching(limits=limits) as fetch:
        for path in ("/drip", "/slow"):
            begun = time.monotonic()
            assert await failure(fetch, host.url + path) == "it took longer than 0.8 s"
            assert 0.7 < time.monotonic() - begun < 5


async def test_a_fetch_that_nobody_waits_for_any_more_ends() -> None:
    async with web_host({"/": drip}) as host, fetching() as fetch:
        waiting = asyncio.create_task(fetch(f"{host.url}/"))
        async with asyncio.timeout(5):
            while not host.heads:
                await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            while not host.left:
                await asyncio.sleep(0.01)


async def test_so_many_are_fetched_at_once() -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        writer.write(ok(b"x"))
        await writer.drain()

    async with web_host({"/": slow}) as host, fetching(limits=FetchLimits(at_once=2)) as fetch:
        assert await asyncio.gather(*(fetch(f"{host.url}/") for _ in range(6))) == [b"x"] * 6
        assert host.most_open <= 2


# the property that all of this is for
@given(st.lists(st.ip_addresses(), min_size=1, max_size=3), st.sampled_from([[], LOOPBACK, [ip_network("::/0")]]))
async def test_whatever_a_name_resolves_to_only_what_may_be_reached_passes(
    addresses: list[Any], allowed: Any
) -> None:
    gate = CheckedResolver(Names(a_example=[[str(address) for address in addresses]]), allowed)
    try:
        found = await gate.resolve("a.example", 80)
    except AddressRefused:
        assert not all(may_be_reached(address, allowed) for address in addresses)
    else:
        assert all(may_be_reached(ip_address(item["host"]), allowed) for item in found)
