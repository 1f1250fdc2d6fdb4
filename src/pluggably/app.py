"""The gateway: what it is made of and which routes it has. How its process runs is told in `server`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from pluggably.compat import chat, completions, embeddings, image_edits, images, messages, responses
from pluggably.compat.messages_errors import MESSAGES_ERRORS
from pluggably.contract.modality import Modality
from pluggably.errors import (
    AuthenticationRequired,
    InternalError,
    InvalidCredentials,
    InvalidJSON,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    PluggablyError,
    TokenExpired,
    UnsupportedMediaType,
    ValidationFailed,
)
from pluggably.features.artifacts import endpoints as artifacts
from pluggably.features.artifacts.conversion import Converter
from pluggably.features.artifacts.service import ArtifactService
from pluggably.features.artifacts.signing import Addresses, address_base
from pluggably.features.artifacts.store import ArtifactStore, open_store
from pluggably.features.artifacts.sweep import Sweeper
from pluggably.features.audit import endpoints as audit
from pluggably.features.credentials import endpoints as credentials
from pluggably.features.credentials.accounts import ProviderAccounts
from pluggably.features.credentials.lists import PersonalLists
from pluggably.features.credentials.service import ProviderKeys
from pluggably.features.credentials.vault import open_cipher
from pluggably.features.downloads import endpoints as downloads
from pluggably.features.downloads.getter import Getter
from pluggably.features.downloads.service import DownloadKind, Downloads
from pluggably.features.downloads.sources import Sources
from pluggably.features.generation import endpoints as generation
from pluggably.features.generation.background import BackgroundRunner
from pluggably.features.generation.cache import MemoryCache, ResponseCache
from pluggably.features.generation.delivery import Delivery
from pluggably.features.generation.images import ImageInputs
from pluggably.features.generation.service import GenerationService
from pluggably.features.hub import endpoints as hub
from pluggably.features.hub.client import Hub
from pluggably.features.hub.enrichment import Enricher
from pluggably.features.hub.service import PROVIDER as HUB_PROVIDER
from pluggably.features.hub.service import HubSearch
from pluggably.features.jobs import endpoints as jobs
from pluggably.features.jobs.service import Jobs
from pluggably.features.limits import endpoints as limits
from pluggably.features.limits.book import Book, bounds_of
from pluggably.features.limits.service import Limiter
from pluggably.features.limits.shared import SharedStore
from pluggably.features.limits.store import MemoryStore
from pluggably.features.models import endpoints as models
from pluggably.features.models.builtin import builtin_entries
from pluggably.features.models.discovery import Discovery
from pluggably.features.models.parameter_schemas import remote_text_parameters
from pluggably.features.models.service import ModelRegistry
from pluggably.features.operations import endpoints as operations
from pluggably.features.operations import page
from pluggably.features.operations.readiness import Readiness
from pluggably.features.providers import endpoints as providers
from pluggably.features.requests import endpoints as requests
from pluggably.features.requests.archive import RequestArchive
from pluggably.features.requests.registry import LocalRequests
from pluggably.features.sessions import endpoints as sessions
from pluggably.features.sessions.locks import LocalTurnLocks, SharedTurnLocks
from pluggably.features.sessions.retention import SessionRetention
from pluggably.features.sessions.service import SessionService
from pluggably.features.sessions.turns import Turns
from pluggably.features.storage import endpoints as storage
from pluggably.features.storage.cleanup import Cleanup, clean_where_needed
from pluggably.features.storage.eviction import Evictor
from pluggably.features.storage.service import GIGABYTE, Storage
from pluggably.features.storage.space import Space
from pluggably.features.usage import endpoints as usage
from pluggably.features.usage.recorder import WriteBehindRecorder
from pluggably.features.users import endpoints as users
from pluggably.features.users.accounts import UserAccounts
from pluggably.features.users.authentication import (
    Authenticator,
    OperatorCallers,
    OperatorKeys,
    is_loopback_address,
    make_operator_key,
    stored_operator_key,
)
from pluggably.features.users.backoff import SharedBackoff
from pluggably.features.users.credentials import UserCredentials
from pluggably.features.users.passwords import Passwords
from pluggably.features.users.session_tokens import SessionTokens
from pluggably.features.users.sweep import AccountSweeper
from pluggably.features.users.tokens import Invites, Tokens
from pluggably.features.website.files import Website
from pluggably.kit import migrations
from pluggably.kit.database import Database
from pluggably.kit.edge import Edge, facts_of, told
from pluggably.kit.fetch import Fetcher
from pluggably.kit.http import HttpClient, Timeouts
from pluggably.kit.openapi import also_documented, describe
from pluggably.kit.periodic import Periodic
from pluggably.kit.routes import GuardedRoute, HotPaths, HotRoute, grants_access
from pluggably.kit.secrets import kept_secret
from pluggably.kit.validation import validation_error
from pluggably.providers._links import LinkFetcher
from pluggably.providers._tasks import MediaDriver
from pluggably.providers._transport import Transport
from pluggably.providers.directory import AccountSettings, ProviderDirectory, load_providers
from pluggably.providers.personal import PersonalAccounts
from pluggably.routing.catalogue import LOCAL, Catalogue
from pluggably.routing.cooldown import Cooling, LocalHealth
from pluggably.routing.credits import CreditsBook, CreditsWatch
from pluggably.routing.deployments import Deployment, GivenNames
from pluggably.routing.fallback import Planner
from pluggably.routing.lifecycle import Limits
from pluggably.routing.local_models import LocalModels, LocalOptions
from pluggably.routing.provider_lists import ProviderLists
from pluggably.routing.retries import Patience
from pluggably.routing.selection import Selector
from pluggably.routing.standing import Standing
from pluggably.settings import ConfigurationError, Settings, TimeoutSettings
from pluggably.workers.folders import remove_stale_folders
from pluggably.workers.machine import MIB, default_memory_bytes, has_accelerator
from pluggably.workers.pool import LocalWorkerPool

if TYPE_CHECKING:
    from pluggably.features.users.oidc import ExternalIssuer

log = structlog.get_logger(__name__)

ROUTERS: tuple[APIRouter, ...] = (
    # Hot routes first: routes are tried in this order.
    chat.router,
    completions.router,
    embeddings.router,
    images.router,
    image_edits.router,
    messages.router,
    responses.router,
    generation.router,
    operations.router,
    requests.router,
    sessions.router,
    downloads.router,  # before the models': an id may hold anything
    hub.router,  # before the models': an id may hold `/`
    models.router,
    jobs.router,
    storage.router,
    artifacts.router,
    providers.router,
    credentials.router,
    users.router,
    audit.router,
    usage.router,
    limits.router,
)
PUBLIC = frozenset(
    {
        "/health",
        "/ready",
        "/v1/version",
        *page.PATHS,
        "/openapi.json",
        users.REGISTER,
        users.LOGIN,
    }
)
"""The paths that need no credential."""

COMMON_ERRORS = (
    AuthenticationRequired,
    InvalidCredentials,
    TokenExpired,
    PermissionDenied,
    UnsupportedMediaType,
    ValidationFailed,
    InternalError,
)
"""What every route with a credential may answer."""
BODY_ERRORS = (InvalidJSON, PayloadTooLarge)
"""What every route that takes a body may answer besides."""

_SWEEP_S = 3600.0
"""How often what is over is removed."""
_ANSWERS_KEPT = 16
"""At least so many answers find room in the cache: none is kept that is larger than that allows."""
_PARTS, _KINDS = ("Limit", "Remaining", "Reset"), ("Requests", "Tokens")
_EXPOSED = (
    "X-Request-ID",
    "Request-Id",
    "Retry-After",
    "X-Should-Retry",
    "RateLimit",
    "RateLimit-Policy",
    *(f"X-RateLimit-{part}-{kind}" for kind in _KINDS for part in _PARTS),
    *(f"Anthropic-RateLimit-{kind}-{part}" for kind in _KINDS for part in _PARTS),
    "X-Pluggably-Model",
    "X-Pluggably-Fallback-Reason",
    "X-Pluggably-Cache",
)
"""What a page of another origin may read of an answer's headers, beside those that it always may."""

DESCRIPTION = """One HTTP API for text, image and 3D generation, whoever does the work: models on the operator's own
machines, or commercial providers. Send a key as `Authorization: Bearer KEY` or as `X-API-Key: KEY`."""


class Gateway(FastAPI):
    """FastAPI with the edge around everything, and a way past its middleware for hot routes."""

    def build_middleware_stack(self) -> ASGIApp:
        """The edge, CORS where it is wanted, hot routes, then all that FastAPI does."""
        settings: Settings = self.state.settings
        stack = super().build_middleware_stack()
        assert isinstance(stack, ServerErrorMiddleware)  # left out: what nobody else has answered, the edge answers
        inner: ASGIApp = HotPaths(stack.app, self.routes)
        if settings.cors_origins:
            inner = CORSMiddleware(
                inner,
                allow_origins=settings.cors_origins,
                allow_methods=["*"],
                allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-ID", "Last-Event-ID"],
                expose_headers=_EXPOSED,
            )
        max_body = int(settings.max_body_mb * 1024 * 1024)
        return Edge(inner, max_body=max_body, shapes={messages.PATH: MESSAGES_ERRORS}, forms=image_edits.FORMS)


def create_app(settings: Settings, *, passwords: Callable[[], Passwords] = Passwords) -> FastAPI:
    """The ASGI application; `passwords` says what a hash costs. Raises `ConfigurationError` for settings that can't
    work together."""
    key, is_new = _operator_key(settings)
    app = Gateway(
        title="Pluggably",
        version=version("pluggably"),
        summary="One API for text, image and 3D generation",
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,  # FastAPI's own page takes its script from a CDN
        redoc_url=None,
        redirect_slashes=False,  # it would answer outside the envelope, with the address that the Host header says
        telemetry={"tracing": False, "metrics": False, "logs": False},  # its look whether some is wanted: 11 µs each
    )
    app.root_path = settings.root_path  # whether the proxy cuts it off or not
    state = app.state
    state.settings = settings
    state.make_passwords = passwords
    state.new_operator_key = key if is_new else None
    keys = [secret.get_secret_value() for secret in settings.api_keys] or ([key] if key else [])
    state.operator = operator = OperatorCallers()
    origins = [_origin(settings.public_url)] if settings.public_url else []
    state.authenticator = Authenticator(
        [OperatorKeys(keys, operator)], local_mode=settings.local_only, operator=operator, origins=origins
    )
    state.providers = _providers(settings)
    state.artifact_store = _artifact_store(settings)
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path not in PUBLIC:
                route.responses = also_documented(route.responses, *COMMON_ERRORS)
                if route.body_field is not None or isinstance(route, HotRoute):
                    route.responses = also_documented(route.responses, *BODY_ERRORS)
        # Taken over as they are: FastAPI wraps included routes in layers that every request would pay for.
        app.router.routes.extend(router.routes)
    app.router.routes.extend(page.ROUTES)
    refuse_open_routes(app)
    # Asked when no route is meant: requests of the API pay nothing for it.
    app.router.default = Website(app.router.default, settings.root_path, tuple(origins))
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.add_exception_handler(PluggablyError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    return app


def refuse_open_routes(app: FastAPI) -> None:
    """Raise `RuntimeError` if a route neither authorises before it reads nor is on the list of public ones."""
    for route in app.routes:
        path = getattr(route, "path", None)
        if path in PUBLIC:
            continue
        guarded = isinstance(route, (GuardedRoute, HotRoute)) and any(
            grants_access(dependency.call) for dependency in route.dependant.dependencies
        )
        if not guarded:
            raise RuntimeError(f"{path} does not authorise")


def _operator_key(settings: Settings) -> tuple[str | None, bool]:
    """The key that the first start makes, and whether this is that start; none in local mode or with own keys."""
    if settings.local_only:
        if not is_loopback_address(settings.host):
            raise ConfigurationError(
                f"PLUGGABLY_LOCAL_ONLY: local mode needs no key and so listens on this machine alone; "
                f"PLUGGABLY_HOST is {settings.host}. Set it to 127.0.0.1, or switch local mode off."
            )
        return None, False
    if settings.api_keys:
        return None, False
    stored = stored_operator_key(settings.data_dir)
    return (stored, False) if stored else (make_operator_key(settings.data_dir), True)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _timeouts(settings: TimeoutSettings) -> Timeouts:
    return Timeouts(settings.connect_s, settings.first_token_s, settings.idle_s, settings.total_s)


def _providers(settings: Settings) -> ProviderDirectory:
    accounts = {
        name: AccountSettings(
            api_key=item.api_key.get_secret_value() if item.api_key else None,
            base_url=item.base_url,
            api_version=item.api_version,
            models=tuple(item.models),
            timeouts=_timeouts(settings.timeouts_of(name)),
        )
        for name, item in settings.providers.items()
    }
    try:
        return load_providers(accounts)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _cache(settings: Settings) -> ResponseCache | None:
    chosen = settings.cache
    if not chosen.enabled:
        return None
    max_bytes = chosen.max_mb * MIB
    return ResponseCache(MemoryCache(max_bytes, chosen.ttl_s), max_bytes // _ANSWERS_KEPT)


def _artifact_store(settings: Settings) -> ArtifactStore:
    try:
        return open_store(settings.artifacts.url, settings.data_dir)
    except ImportError as error:
        raise ConfigurationError(
            "PLUGGABLY_ARTIFACTS__URL: S3 needs its client: pip install 'pluggably[s3]'"
        ) from error


async def _secret(settings: Settings) -> bytes:
    """What keys are derived from: replicas that share PLUGGABLY_JWT_SECRET share it."""
    if settings.jwt_secret is not None:
        return settings.jwt_secret.get_secret_value().encode()
    return await asyncio.to_thread(kept_secret, settings.data_dir)


def _limiter(database: Database, settings: Settings) -> Limiter:
    """Several processes may serve on PostgreSQL; on SQLite there is one."""
    alone = database.is_sqlite
    book = Book(database, bounds_of(settings.limits.model_dump()), poll_s=None if alone else 1)
    store = MemoryStore(database) if alone else SharedStore(database)
    return Limiter(database, book, store, settings.limits.assumed_output_tokens)


def _defaults(settings: Settings) -> dict[Modality, str]:
    chosen = settings.default_models
    named = {Modality.TEXT: chosen.text, Modality.IMAGE: chosen.image, Modality.MESH: chosen.mesh}
    return {modality: name for modality, name in named.items() if name is not None}


def _given_names(settings: Settings) -> GivenNames:
    deployments = {
        name: [Deployment(place.model, place.weight) for place in places]
        for name, places in settings.deployments.items()
    }
    return GivenNames(settings.aliases, deployments)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Build what lives as long as the server does, and take it down in the opposite order."""
    state, settings = app.state, app.state.settings
    defaults = _defaults(settings)
    async with AsyncExitStack() as stack:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(migrations.upgrade, settings.database)
        state.database = database = Database(settings.database)
        stack.push_async_callback(database.close)

        state.catalogue = catalogue = Catalogue()
        http = HttpClient(allowed=settings.allow_private_urls)
        stack.push_async_callback(http.close)
        transport = Transport(http)
        links = LinkFetcher(http)
        stack.push_async_callback(links.close)
        media = MediaDriver(transport, links)
        stack.push_async_callback(media.close)
        runtime = settings.runtime
        options = LocalOptions(
            parallel=runtime.parallel,
            context_tokens=runtime.context_tokens,
            threads=runtime.threads,
            accelerated=has_accelerator(),
            load_timeout_s=runtime.load_timeout_s,
            timeouts=_timeouts(settings.timeouts),
        )
        residency = Limits(
            max_loaded=runtime.max_loaded,
            max_memory_bytes=runtime.max_memory_mb * MIB if runtime.max_memory_mb else default_memory_bytes(),
            idle_timeout_s=runtime.idle_timeout_s,
            max_queue=runtime.max_queue,
        )
        await asyncio.to_thread(remove_stale_folders)
        local = LocalModels(LocalWorkerPool(), http, options, catalogue, residency)
        stack.push_async_callback(local.close)
        state.residency = local

        recorder = WriteBehindRecorder(database)
        await recorder.start()
        stack.push_async_callback(recorder.close)

        state.limits = limiter = _limiter(database, settings)
        stack.push_async_callback(limiter.close)
        await limiter.start()

        schema = remote_text_parameters()
        routing = settings.routing
        state.credits = credits = CreditsBook(routing.credits_pause_s)
        cooling = Cooling(routing.cooldown_failures, routing.cooldown_s, routing.cooldown_longest_s)
        standing = Standing(LocalHealth(cooling), credits)
        selector = Selector(catalogue, state.providers, defaults, schema, _given_names(settings), standing)
        planner = Planner(selector, runtime.fallbacks, Patience(routing.retries, routing.longest_wait_s))
        cipher = await asyncio.to_thread(open_cipher, settings)
        personal = PersonalAccounts(transport, settings.allow_private_urls)
        own_lists = PersonalLists(transport, credits, schema)
        stack.push_async_callback(own_lists.close)
        state.provider_accounts = accounts = ProviderAccounts(
            database,
            cipher,
            state.providers,
            catalogue,
            personal,
            own_lists,
            lambda provider: _timeouts(settings.timeouts_of(provider)),
        )
        stack.push_async_callback(accounts.close)
        accounts.start()
        state.provider_keys = ProviderKeys(database, cipher, state.providers, personal, accounts, own_lists)
        state.models = registry = ModelRegistry(database, catalogue, settings, state.providers)
        archive = RequestArchive(database, runtime.result_ttl_s)
        await archive.start()
        stack.push_async_callback(archive.close)
        state.requests = LocalRequests(runtime.result_ttl_s, archive)
        state.recorder = recorder
        state.generation = GenerationService(
            planner,
            accounts,
            local,
            transport,
            media,
            recorder,
            state.requests,
            registry.used,
            limiter,
            _cache(settings),
        )
        await registry.load()
        secret = await _secret(settings)
        await _open_to_users(app, stack, secret, http)
        base = address_base(settings.public_url, settings.root_path)
        retention = timedelta(days=settings.artifacts.retention_days)
        store: ArtifactStore = state.artifact_store
        state.artifact_addresses = addresses = Addresses(secret, base=base, ttl_s=settings.artifacts.ttl_s)
        state.artifacts = ArtifactService(database, store, Converter(store), addresses, retention)
        fetcher = Fetcher(settings.allow_private_urls)
        stack.push_async_callback(fetcher.close)
        state.image_inputs = ImageInputs(fetcher, state.artifacts, catalogue)
        _repeat(stack, "artifact sweep", Sweeper(database, store, retention).sweep, _SWEEP_S)
        state.delivery = Delivery(state.artifacts, settings.artifacts.inline_kb * 1024)
        state.sessions = conversations = SessionService(database, state.artifacts)
        kept = settings.sessions.retention_days
        forgetting = SessionRetention(
            database,
            conversations,
            sessions=None if kept is None else timedelta(days=kept),
            state_tokens=timedelta(days=settings.sessions.state_tokens_days),
        )
        _repeat(stack, "session retention", forgetting.sweep, _SWEEP_S)
        locks = LocalTurnLocks() if database.is_sqlite else SharedTurnLocks(database)
        stack.push_async_callback(locks.close)
        state.turns = turns = Turns(database, state.artifacts, locks)
        stack.push_async_callback(turns.close)
        catalogue.replace_listed(LOCAL, builtin_entries() if settings.builtin_models else [])
        state.background = background = BackgroundRunner(state.generation)
        stack.push_async_callback(background.close)
        discovery = Discovery(registry, settings.model_folders, settings.runtime.scan_interval_s)
        stack.push_async_callback(discovery.stop)
        await discovery.start()
        stored = settings.storage
        state.storage = disk = Storage(catalogue, settings.model_folders, stored.max_model_gb, registry.last_used)
        stack.push_async_callback(disk.stop)
        disk.start()
        state.model_memory_bytes = residency.max_memory_bytes
        _open_storage(app, local)
        await _open_hub(app, stack, residency.max_memory_bytes, fetcher)
        if stored.evict or stored.retention_days is not None:
            _repeat(stack, "regular cleanup", partial(clean_where_needed, state.cleanup, state.jobs), _SWEEP_S)
        lists = ProviderLists(state.providers, transport, catalogue, schema)
        stack.push_async_callback(lists.close)
        lists.start()
        watch = CreditsWatch(state.providers, transport, credits)
        stack.push_async_callback(watch.close)
        watch.start()
        state.readiness = Readiness(database, settings.data_dir, selector, local, defaults, lambda: discovery.scanned)
        local.start()
        log.info("started", models=len(catalogue.entries()), providers=len(state.providers.configured()))
        yield
        log.info("stopping")


def _open_storage(app: FastAPI, residency: LocalModels) -> None:
    """The room for model files, and what is removed to have it."""
    state, settings = app.state, app.state.settings
    stored, folders = settings.storage, settings.model_folders
    evictor = Evictor(state.models, residency, state.catalogue)
    keep_free = round(stored.keep_free_gb * GIGABYTE)
    state.space = Space(state.storage, evictor, keep_free_bytes=keep_free, evict=stored.evict)

    async def in_use() -> Collection[str]:
        downloads: Downloads = state.downloads
        return await downloads.in_use()

    retention = None if stored.retention_days is None else timedelta(days=stored.retention_days)
    state.cleanup = Cleanup(state.storage, evictor, folders, retention=retention, evict=stored.evict, in_use=in_use)


async def _open_hub(app: FastAPI, stack: AsyncExitStack, memory_bytes: int, fetcher: Fetcher) -> None:
    """The Hugging Face hub, of which nothing is imported and nobody asked before somebody wants to know something,
    and the jobs that bring models from there and from elsewhere."""
    state, settings = app.state, app.state.settings
    asked = Hub(settings.hub.endpoint, settings.hub.timeout_s)
    account = settings.providers.get(HUB_PROVIDER)
    token = account.api_key.get_secret_value() if account is not None and account.api_key is not None else None
    state.hub = search = HubSearch(
        asked, state.provider_accounts, token, state.space, memory_bytes, settings.hub.cache_s
    )
    stack.push_async_callback(search.close)
    if settings.hub.enrich:
        enricher = Enricher(state.models, asked, token)
        stack.push_async_callback(enricher.stop)
        enricher.start()
    folders = settings.model_folders
    sources = Sources(folders, asked, token, fetcher)
    getter = Getter(folders[0], token, settings.allow_private_urls)
    space: Space = state.space
    kind = DownloadKind(state.models, getter, space, settings.storage.downloads_at_once)
    state.jobs = jobs = Jobs(state.database, [kind, state.cleanup])
    stack.push_async_callback(jobs.close)
    state.downloads = Downloads(jobs, state.catalogue, state.models, sources, getter, space)
    await jobs.open()


async def _open_to_users(app: FastAPI, stack: AsyncExitStack, secret: bytes, http: HttpClient) -> None:
    """Accounts, and what users come in with."""
    state, settings, database = app.state, app.state.settings, app.state.database
    requests: LocalRequests = state.requests
    sessions = SessionTokens(secret)
    external = _external_issuer(settings, http)
    credentials = UserCredentials(database, sessions, external, state.operator, requests.stop_all)
    await credentials.start()
    stack.push_async_callback(credentials.close)
    authenticator: Authenticator = state.authenticator
    authenticator.add(credentials)
    stack.callback(authenticator.remove, credentials)
    passwords: Passwords = state.make_passwords()
    stack.callback(passwords.close)
    state.user_accounts = UserAccounts(
        database,
        passwords,
        sessions,
        credentials,
        SharedBackoff(database),
        invite_only=settings.invite_only,
        login_ttl_s=settings.login_ttl_s,
    )
    state.tokens = Tokens(database, credentials)
    state.invites = Invites(database)
    sweeper = AccountSweeper(database, timedelta(days=settings.audit_retention_days))
    _repeat(stack, "sweep of accounts", sweeper.sweep, _SWEEP_S)


def _repeat(stack: AsyncExitStack, name: str, work: Callable[[], Awaitable[object]], interval_s: float) -> None:
    """Do something now and then until the server stops."""
    periodic = Periodic(name, work, interval_s)
    stack.push_async_callback(periodic.stop)
    periodic.start()


def _external_issuer(settings: Settings, http: HttpClient) -> ExternalIssuer | None:
    if not settings.oidc.issuer:
        return None
    from pluggably.features.users.oidc import ExternalIssuer  # noqa: PLC0415 - 9 MB that few need

    return ExternalIssuer(settings.oidc, http)


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PluggablyError)
    facts = facts_of(request.scope)
    facts.error_code = error.code
    status, envelope = told(error, facts)
    return JSONResponse(envelope, status, headers=error.headers())


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _on_error(request, validation_error(error.errors()))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, PluggablyError):
        return await _on_error(request, error.__cause__)  # met while FastAPI read the body
    path = request.scope["path"]
    if error.status_code == 405:
        allow = (error.headers or {}).get("Allow")
        return await _on_error(request, MethodNotAllowed(f"{request.method} is not possible on {path}.", allow=allow))
    if error.status_code == 404:
        return await _on_error(request, NotFound(f"There is nothing at {path}. See /docs for what there is."))
    return await _on_error(request, InvalidJSON("The body is not valid JSON in UTF-8."))
