"""What is made from the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pluggably.errors import PluggablyError
from scripts.generate import application, endpoints, files, openapi


@pytest.mark.req("SYS-REQ-061")
def test_every_generated_file_is_up_to_date() -> None:
    stale = [path.name for path, text in files() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make generate`"


def test_the_openapi_document_names_no_place_of_this_machine() -> None:
    document = openapi(application())
    assert str(Path.home()) not in document
    assert str(Path(__file__).parents[2]) not in document


@pytest.mark.req("SYS-REQ-014")
def test_every_way_to_send_a_credential_stands_in_the_openapi_document() -> None:
    schemes = json.loads(openapi(application()))["components"]["securitySchemes"]
    assert {(scheme["type"], scheme.get("name") or scheme.get("scheme")) for scheme in schemes.values()} == {
        ("apiKey", "X-API-Key"),
        ("http", "bearer"),
        ("apiKey", "pluggably_session"),
    }


@pytest.mark.req("SYS-NFR-002")
def test_every_failure_in_the_openapi_document_is_an_envelope_with_known_codes() -> None:
    known = {error.code for error in _all_errors(PluggablyError)}
    for endpoint in endpoints(application()):
        for status, response in (endpoint.operation or {}).get("responses", {}).items():
            if status >= "400":
                assert response["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorEnvelope")
                assert set(response["description"].replace("`", "").split(", ")) <= known


def _all_errors(error: type[PluggablyError]) -> set[type[PluggablyError]]:
    return {error}.union(*(_all_errors(child) for child in error.__subclasses__()))
