from __future__ import annotations

import re
from typing import Any

import pytest

from pluggably import errors
from scripts import dart_models
from scripts.generate import application


def document(**schemas: Any) -> dict[str, Any]:
    """A document with an operation whose answer is the first of the schemas."""
    first = next(iter(schemas))
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{first}"}}}}}
    return {
        "paths": {"/v1/things": {"get": {"operationId": "things", "responses": answer}}},
        "components": {"schemas": schemas},
    }


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    """The schema of an object."""
    return {"type": "object", "description": "a thing", "properties": properties, "required": list(required)}


def test_a_schema_becomes_a_class_that_reads_and_writes_it():
    text = dart_models.models(
        document(
            ThingRead=thing(
                "thing_id",
                "made_at",
                "size",
                thing_id={"type": "string", "description": "its id"},
                made_at={"type": "string", "format": "date-time"},
                size={"anyOf": [{"type": "integer"}, {"type": "null"}]},
                tags={"type": "array", "items": {"type": "string"}},
                wait={"type": "boolean", "default": False},
            )
        )
    )
    assert "/// A thing.\nfinal class Thing extends Model {" in text
    assert "    required this.thingId,\n    required this.madeAt,\n    this.size,\n    this.tags," in text
    assert "    this.wait = false,\n" in text
    assert "  /// Its id.\n  final String thingId;" in text
    assert "  final int? size;" in text
    assert "thingId: read(json, 'thing_id', asString)," in text
    assert "tags: maybe(json, 'tags', asList(asString))," in text
    assert "wait: readOr(json, 'wait', asBool, false)," in text
    assert "'made_at': writeTime(madeAt)," in text
    assert "if (size case final value?) 'size': value," in text


def test_an_enumeration_keeps_values_that_are_new_to_it():
    text = dart_models.models(document(Kind={"type": "string", "enum": ["api_key", "3d", "default"]}))
    assert "extension type const Kind(String value) implements String {" in text
    assert "  static const apiKey = Kind('api_key');\n  static const threeD = Kind('3d');" in text
    assert "  static const default_ = Kind('default');" in text


def test_what_only_vendors_routes_use_is_left_out():
    both = document(Thing=thing(), Other=thing())
    assert "class Other" not in dart_models.models(both)
    both["paths"]["/v1/things"]["get"]["tags"] = ["OpenAI"]
    assert "class" not in dart_models.models(both)


def test_two_schemas_never_get_one_name():
    refers = thing(other={"$ref": "#/components/schemas/ThingRead"})
    with pytest.raises(ValueError, match="one name in Dart"):
        dart_models.models(document(Thing=refers, ThingRead=thing()))


def test_every_error_code_has_a_class_and_every_type_a_family():
    text = dart_models.exceptions()
    codes = {
        found.code
        for found in vars(errors).values()
        if isinstance(found, type) and issubclass(found, errors.PluggablyError)
    }
    assert len(codes) > 35
    for code in codes:
        assert f"  '{code}': " in text
    assert "final class ModelNotFoundException extends NotFoundException {" in text
    assert "base class NotFoundException extends PluggablyApiException {" in text
    assert text.count("base class ") == text.partition("_byType")[2].count(".new,")


def test_the_clients_events_have_every_field_that_the_document_gives_them():
    text = (dart_models.PACKAGE / "lib" / "src" / "events.dart").read_text(encoding="utf-8")
    schemas = application().openapi()["components"]["schemas"]
    found = {name.removesuffix("Data"): schema for name, schema in schemas.items() if name.endswith("Data")}
    assert set(found) == {"Selected", "Queued", "Loading", "Delta", "Progress"}
    for name, schema in found.items():
        _, _, body = text.partition(f"final class {name}Event ")
        fields = dict(re.findall(r"\b(?:read|maybe)\(json, '(\w+)', (\w+)", body.partition("\n}\n")[0]))
        assert set(fields) >= set(schema["properties"])
        for field, described in schema["properties"].items():
            kinds = [part.get("type", "model") for part in described.get("anyOf", [described])]
            readers = {"string": "asString", "integer": "asInt", "number": "asDouble", "array": "asList"}
            assert readers.get(kinds[0], "asModel") == fields[field], f"{name}.{field}"
            is_optional = field not in schema.get("required", ())
            assert (f"maybe(json, '{field}'" in body) == (is_optional or "null" in kinds)
