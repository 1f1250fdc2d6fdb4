"""Writes the Dart client's models from the OpenAPI document and its exceptions from the list of error codes.

Called by `python -m scripts.generate`. Schemas that only vendor-shaped routes use are left out: those routes take and
give what their vendor documents.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pluggably import errors

PACKAGE = Path(__file__).resolve().parents[1] / "clients" / "dart"
MODELS = PACKAGE / "lib" / "src" / "models.dart"
ERRORS = PACKAGE / "lib" / "src" / "error_codes.dart"

Schema = Mapping[str, Any]

_VENDORS = {"OpenAI", "Anthropic"}
_WIDTH = 80
_HEAD = "// Made by `python -m scripts.generate`: do not edit.\n"

_RENAMED = {
    "CancelRead": "Cancellation",
    "CheckRead": "ProviderKeyCheck",
    "MessageRead": "SessionMessage",
    "ReadyRead": "Readiness",
    "RequestRead": "RequestResult",
    "RequestStatusRead": "RequestStatus",
    "RequestStatus": "RequestState",
    "Role": "UserRole",
    "TokenRead": "UserToken",
    "pluggably__features__generation__schemas__UsageRead": "Usage",
    "pluggably__features__usage__schemas__UsageRead": "UsageReport",
}
"""Schemas whose name would say too little, or clash; others lose their `Read`."""

_INLINE_ENUMS = {
    frozenset({"auto", "free_only", "commercial_only", "model"}): "SelectionMode",
    frozenset({"read", "generate", "manage"}): "TokenScope",
    frozenset({"system", "developer", "user", "assistant", "tool"}): "MessageRole",
    frozenset({"available", "locked", "unknown"}): "ModelAccess",
    frozenset({"image", "mesh"}): "ArtifactType",
    frozenset({"model", "user", "day"}): "UsageGrouping",
}
"""Enumerations that the document spells out where they are used; those not listed are strings."""

_UNIONS = {frozenset({"TextPart", "ImagePart"}): "ContentPart"}
"""The names of the classes above the members of a union with a discriminator."""

_MORE_THAN_THE_DOCUMENT: Mapping[tuple[str, str], Schema] = {
    ("OutputRead", "artifacts"): {"type": "array", "items": {"$ref": "#/components/schemas/ArtifactRead"}},
    ("RequestRead", "result"): {"$ref": "#/components/schemas/GenerateResponse"},
}
"""What the server promises beyond its document, where it relays objects that it has checked before."""

_RESERVED = {
    "default",
    "class",
    "in",
    "is",
    "new",
    "null",
    "super",
    "switch",
    "this",
    "with",
    "enum",
    "final",
    "values",
}


@dataclass(frozen=True)
class Type:
    """A type in Dart, the function that reads it, and how a value of it is written (`{}` is the value)."""

    name: str
    reader: str
    writer: str = "{}"
    note: str = ""


_STRING = Type("String", "asString")
_TIME = Type("DateTime", "asTime", "writeTime({})")
_ANYTHING = Type("Object", "asAnything", "toWire({})")
_MAP = Type("Map<String, Object?>", "asMap")
_PLAIN = {
    "string": _STRING,
    "integer": Type("int", "asInt"),
    "number": Type("double", "asDouble"),
    "boolean": Type("bool", "asBool"),
}


@dataclass(frozen=True)
class Field:
    """A property of a schema."""

    wire: str
    type: Type
    nullable: bool
    default: str | None
    description: str

    @property
    def name(self) -> str:
        """Its name in Dart."""
        return _identifier(self.wire)

    @property
    def declared(self) -> str:
        """`int?`."""
        return self.type.name + ("?" if self.nullable else "")

    @property
    def parameter(self) -> str:
        """Its part in the constructor."""
        if self.default is not None:
            return f"this.{self.name} = {self.default}"
        return f"this.{self.name}" if self.nullable else f"required this.{self.name}"

    @property
    def read(self) -> str:
        """The expression that reads it."""
        if self.default is not None:
            return f"readOr(json, '{self.wire}', {self.type.reader}, {self.default})"
        return f"{'maybe' if self.nullable else 'read'}(json, '{self.wire}', {self.type.reader})"

    @property
    def written(self) -> str:
        """Its entry in the JSON object."""
        if self.nullable:
            return f"if ({self.name} case final value?) '{self.wire}': {self.type.writer.format('value')}"
        return f"'{self.wire}': {self.type.writer.format(self.name)}"


class Document:
    """The part of an OpenAPI document that the client needs models of."""

    def __init__(self, document: Schema) -> None:
        self._schemas: Mapping[str, Schema] = document["components"]["schemas"]
        self._found: set[str] = set()
        self._parents: dict[str, str] = {}
        self._unions: dict[str, dict[str, str]] = {}
        for operation in _operations(document):
            if not _VENDORS.intersection(operation.get("tags", ())):
                bodies = [operation.get("requestBody", {}), *operation.get("parameters", ())]
                bodies += [reply for status, reply in operation["responses"].items() if status.startswith("2")]
                for body in bodies:
                    self._collect(body)
        self._named = {self.name_of(name): name for name in sorted(self._found)}
        if len(self._named) != len(self._found):
            raise ValueError("two schemas have one name in Dart: give one of them another in _RENAMED")

    def name_of(self, schema: str) -> str:
        """The class of a schema."""
        return _RENAMED.get(schema) or schema.removesuffix("Read")

    def render(self) -> str:
        """The file."""
        classes = [(name, "".join(self._class(name, schema))) for name, schema in self._named.items()]
        enums = [(name, "".join(_enum(name, sorted(values, key=str), ""))) for values, name in _INLINE_ENUMS.items()]
        unions = [(name, "".join(self._union(name, members))) for name, members in self._unions.items()]
        ordered = [text for _, text in sorted([*classes, *enums, *unions])]
        head = f"{_HEAD}/// What the server takes and gives.\nlibrary;\n\nimport 'json.dart';\n"
        return "\n".join([head, *ordered])

    def _collect(self, node: object) -> None:
        if isinstance(node, Mapping):
            reference = node.get("$ref")
            if isinstance(reference, str):
                name = reference.rpartition("/")[2]
                if name not in self._found:
                    self._found.add(name)
                    self._collect(self._schemas[name])
                    for (schema, _), added in _MORE_THAN_THE_DOCUMENT.items():
                        if schema == name:
                            self._collect(added)
            if "discriminator" in node:
                self._take_union(node)
            for key, value in node.items():
                if key != "itemSchema":  # events have classes of their own: `events.dart`
                    self._collect(value)
        elif isinstance(node, list):
            for value in node:
                self._collect(value)

    def _take_union(self, node: Schema) -> None:
        members = {kind: ref.rpartition("/")[2] for kind, ref in sorted(node["discriminator"]["mapping"].items())}
        name = _UNIONS[frozenset(members.values())]
        self._unions[name] = members
        self._parents.update(dict.fromkeys(members.values(), name))

    def _class(self, name: str, schema_name: str) -> Iterator[str]:
        schema = self._schemas[schema_name]
        if "enum" in schema:
            yield from _enum(name, schema["enum"], schema.get("description", ""))
            return
        fields = [self._field(schema_name, wire, schema) for wire in schema.get("properties", {})]
        fields.sort(key=lambda field: field.nullable or field.default is not None)
        yield _comment(schema.get("description") or f"`{name}`.", "")
        yield f"final class {name} extends {self._parents.get(schema_name, 'Model')} {{\n"
        yield f"  const {name}({{\n" + "".join(f"    {field.parameter},\n" for field in fields) + "  });\n\n"
        yield "  /// Reads what [toJson] writes; members that are not known are ignored.\n"
        head = f"  factory {name}.fromJson(Map<String, Object?> json) =>"
        body = "".join(_broken(f"{field.name}: ", field.read) for field in fields) + "  );\n"
        if len(f"{head} {name}(") <= _WIDTH:
            yield f"{head} {name}(\n{body}"
        else:
            yield f"{head}\n      {name}(\n{textwrap.indent(body, '    ')}"
        for field in fields:
            yield "\n" + _comment(" ".join(filter(None, (field.description, field.type.note))), "  ")
            yield f"  final {field.declared} {field.name};\n"
        yield "\n  @override\n  Map<String, Object?> toJson() => {\n"
        yield "".join(_entry(field.written) for field in fields) + "  };\n"
        yield from _copy(name, fields)
        yield "}\n"

    def _union(self, name: str, members: Mapping[str, str]) -> Iterator[str]:
        shown = " or ".join(f"[{self.name_of(member)}]" for member in members.values())
        yield _comment(f"{shown}.", "")
        yield f"sealed class {name} extends Model {{\n  const {name}();\n\n"
        yield "  /// Reads the member that `type` names.\n"
        yield f"  factory {name}.fromJson(Map<String, Object?> json) =>\n      switch (json['type']) {{\n"
        for kind, member in members.items():
            yield f"        '{kind}' => {self.name_of(member)}.fromJson(json),\n"
        yield "        final other => throw FormatException(\n"
        yield f"          '$other is no type of a {name}',\n        ),\n      }};\n}}\n"

    def _field(self, schema_name: str, wire: str, schema: Schema) -> Field:
        described = schema["properties"][wire]
        actual = _MORE_THAN_THE_DOCUMENT.get((schema_name, wire), described)
        nullable = {"type": "null"} in described.get("anyOf", ())
        type_ = self._type(actual)
        given = described.get("const", described.get("default"))
        default = _literal(given, type_) if given is not None else None
        optional = wire not in schema.get("required", ()) and default is None
        return Field(wire, type_, nullable or optional, default, described.get("description", ""))

    def _type(self, schema: Schema) -> Type:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if "enum" in self._schemas[name]:
                return _enumerated(self.name_of(name))
            return _model(self.name_of(name))
        if "anyOf" in schema:
            return self._any_of([part for part in schema["anyOf"] if part != {"type": "null"}])
        if "discriminator" in schema:
            members = schema["discriminator"]["mapping"].values()
            return _model(_UNIONS[frozenset(member.rpartition("/")[2] for member in members)])
        if "enum" in schema:
            return _inline_enum(schema["enum"])
        if schema.get("format") == "date-time":
            return _TIME
        kind = schema.get("type")
        if kind == "array":
            item = self._type(schema.get("items", {}))
            writer = "{}" if item.writer == "{}" else f"writeList({{}}, (item) => {item.writer.format('item')})"
            return Type(f"List<{item.name}>", f"asList({item.reader})", writer, item.note)
        if kind == "object":
            value = schema.get("additionalProperties")
            if not isinstance(value, Mapping):
                return _MAP
            item = self._type(value)
            writer = "{}" if item.writer == "{}" else f"writeMap({{}}, (item) => {item.writer.format('item')})"
            return Type(f"Map<String, {item.name}>", f"asMapOf({item.reader})", writer)
        return _PLAIN.get(kind, _ANYTHING) if isinstance(kind, str) else _ANYTHING

    def _any_of(self, parts: list[Schema]) -> Type:
        types = [self._type(part) for part in parts]
        if len(types) == 1:
            return types[0]
        names = {type_.name for type_ in types}
        if names == {"int", "double"}:
            return Type("num", "asNumber")
        lists = [type_ for type_ in types if type_.name.startswith("List<")]
        if "String" in names and len(lists) == 1 and len(types) == 2:
            note = f"A `String` or a `{lists[0].name}`."
            notes = " ".join(filter(None, (note, *(type_.note for type_ in types))))
            return Type("Object", f"asStringOr({lists[0].reader})", "toWire({})", notes)
        return _ANYTHING


def models(document: Schema) -> str:
    """`models.dart`."""
    return Document(document).render()


def exceptions() -> str:
    """`error_codes.dart`: a class per family of errors and, below it, one per code."""
    codes: dict[str, type[errors.PluggablyError]] = {}
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.PluggablyError):
            codes.setdefault(value.code, value)
    by_type: dict[str, list[type[errors.PluggablyError]]] = {}
    for found in codes.values():
        by_type.setdefault(found.__new__(found).type, []).append(found)
    families = {kind: _exception(kind) for kind in by_type}
    single = {_exception(code): code for code in codes}
    parts = [_HEAD + "part of 'errors.dart';\n"]
    for kind, members in by_type.items():
        parts.append(_family(families[kind], kind, members, single.get(families[kind])))
        parts += [
            _exception_class(
                _exception(member.code), families[kind], f"`{member.code}` ({member.status}).", "final class"
            )
            for member in members
            if _exception(member.code) != families[kind]
        ]
    own = "".join(f"  '{code}': {_exception(code)}.new,\n" for code in codes)
    kinds = "".join(f"  '{kind}': {name}.new,\n" for kind, name in families.items())
    parts.append(f"const _byCode = <String, _Make>{{\n{own}}};\n")
    parts.append(f"const _byType = <String, _Make>{{\n{kinds}}};\n")
    return "\n".join(parts)


def files(document: Schema) -> Iterator[tuple[Path, str]]:
    """Each generated file of the package and what it should hold."""
    yield MODELS, models(document)
    yield ERRORS, exceptions()


def _operations(document: Schema) -> Iterator[Schema]:
    for path in document["paths"].values():
        yield from (operation for operation in path.values() if isinstance(operation, Mapping))


def _enumerated(name: str) -> Type:
    return Type(name, f"{name}.fromJson")


def _model(name: str) -> Type:
    return Type(name, f"asModel({name}.fromJson)", "{}.toJson()")


def _inline_enum(values: list[Any]) -> Type:
    name = _INLINE_ENUMS.get(frozenset(values))
    if name is not None:
        return _enumerated(name)
    return Type("String", "asString", note="One of " + ", ".join(f"`{value}`" for value in values) + ".")


def _enum(name: str, values: list[str], description: str) -> Iterator[str]:
    yield _comment(description or f"A value of `{name}`.", "")
    yield "///\n/// A newer server may send others: they are kept as they are.\n"
    yield f"extension type const {name}(String value) implements String {{\n"
    line = f"  factory {name}.fromJson(Object? value) => {name}(asString(value));\n"
    yield "  /// Reads it.\n" + (line if len(line) <= _WIDTH + 1 else line.replace("=> ", "=>\n      ")) + "\n"
    for value in values:
        yield f"  static const {_identifier(value)} = {name}('{value}');\n"
    known = ", ".join(_identifier(value) for value in values)
    line = f"  static const List<{name}> values = [{known}];\n"
    if len(line) > _WIDTH:
        items = "".join(f"    {_identifier(value)},\n" for value in values)
        line = f"  static const List<{name}> values = [\n{items}  ];\n"
    yield f"\n  /// Those that are known.\n{line}}}\n"


def _copy(name: str, fields: list[Field]) -> Iterator[str]:
    if not fields:
        return
    yield f"\n  /// A copy in which what is given replaces what is here.\n  {name} copyWith({{\n"
    yield "".join(f"    {field.type.name}? {field.name},\n" for field in fields)
    yield f"  }}) => {name}(\n"
    yield "".join(_broken(f"{field.name}: ", f"{field.name} ?? this.{field.name}") for field in fields) + "  );\n"


def _family(name: str, kind: str, members: list[type[errors.PluggablyError]], own_code: str | None) -> str:
    statuses = ", ".join(str(status) for status in sorted({member.status for member in members}))
    says = f"An error of the type `{kind}` ({statuses})"
    says += f", also `{own_code}` itself." if own_code else "."
    return _exception_class(name, "PluggablyApiException", says, "base class")


def _exception_class(name: str, parent: str, says: str, kind: str) -> str:
    return f"{_comment(says, '')}{kind} {name} extends {parent} {{\n  const {name}(super.facts);\n}}\n"


def _exception(code: str) -> str:
    return "".join(part.capitalize() for part in code.removesuffix("_error").split("_")) + "Exception"


def _literal(value: object, type_: Type) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'" if type_.name == "String" else f"const {type_.name}('{value}')"
    if isinstance(value, list) and not value:
        return "const []"
    return repr(value)


def _identifier(wire: str) -> str:
    first, *rest = re.split(r"[^A-Za-z0-9]+", wire.replace("3d", "three_d"))
    name = first + "".join(part.capitalize() for part in rest)
    return f"{name}_" if name in _RESERVED else name


def _comment(text: str, indent: str) -> str:
    """A doc comment; nothing for no text."""
    sentence = " ".join(text.split())
    if not sentence:
        return ""
    sentence = sentence[0].upper() + sentence[1:]
    if sentence[-1] not in ".:!?…)":
        sentence += "."
    sentence = sentence.replace("[", r"\[") if "](" not in sentence and not sentence.startswith("[") else sentence
    lines = textwrap.wrap(sentence, _WIDTH - 4 - len(indent), break_on_hyphens=False, break_long_words=False)
    return "".join(f"{indent}/// {line}\n" for line in lines)


def _broken(head: str, call: str) -> str:
    """An argument, over several lines where one is too long."""
    line = f"    {head}{call},\n"
    if len(line) <= _WIDTH + 1 or not call.endswith(")"):
        return line
    function, _, inside = call.removesuffix(")").partition("(")
    arguments = "".join(f"      {argument},\n" for argument in inside.split(", "))
    return f"    {head}{function}(\n{arguments}    ),\n"


def _entry(text: str) -> str:
    line = f"    {text},\n"
    if len(line) <= _WIDTH + 1:
        return line
    head, _, value = text.partition("': ")
    return f"    {head}':\n        {value},\n"
