/// Reading and writing JSON, for the models.
library;

/// A value of the contract: immutable, equal to what says the same.
abstract base class Model {
  const Model();

  /// What goes over the wire; what is null is left out.
  Map<String, Object?> toJson();

  @override
  bool operator ==(Object other) =>
      identical(this, other) ||
      other is Model &&
          other.runtimeType == runtimeType &&
          sameJson(toJson(), other.toJson());

  @override
  int get hashCode => Object.hash(runtimeType, hashJson(toJson()));

  @override
  String toString() => '$runtimeType${toJson()}';
}

/// Whether two JSON values say the same; the order of members does not matter.
bool sameJson(Object? one, Object? other) {
  if (one is Map && other is Map) {
    return one.length == other.length &&
        one.keys.every(
          (key) => other.containsKey(key) && sameJson(one[key], other[key]),
        );
  }
  if (one is List && other is List) {
    if (one.length != other.length) return false;
    for (var index = 0; index < one.length; index++) {
      if (!sameJson(one[index], other[index])) return false;
    }
    return true;
  }
  return one == other;
}

/// A hash that fits [sameJson].
int hashJson(Object? value) => switch (value) {
  Map() => Object.hashAllUnordered([
    for (final entry in value.entries)
      Object.hash(entry.key, hashJson(entry.value)),
  ]),
  List() => Object.hashAll(value.map(hashJson)),
  _ => value.hashCode,
};

/// The member [name], which must be there.
T read<T>(
  Map<String, Object?> json,
  String name,
  T Function(Object? value) reader,
) {
  try {
    return reader(json[name]);
  } on FormatException catch (error) {
    throw FormatException('$name: ${error.message}');
  }
}

/// The member [name], or null where it is null or absent.
T? maybe<T extends Object>(
  Map<String, Object?> json,
  String name,
  T Function(Object? value) reader,
) => json[name] == null ? null : read(json, name, reader);

/// The member [name], or [otherwise] where it is null or absent.
T readOr<T extends Object>(
  Map<String, Object?> json,
  String name,
  T Function(Object? value) reader,
  T otherwise,
) => maybe(json, name, reader) ?? otherwise;

String asString(Object? value) => _as<String>(value, 'a string');

bool asBool(Object? value) => _as<bool>(value, 'true or false');

num asNumber(Object? value) => _as<num>(value, 'a number');

int asInt(Object? value) => asNumber(value).toInt();

double asDouble(Object? value) => asNumber(value).toDouble();

Object asAnything(Object? value) => _as<Object>(value, 'a value');

DateTime asTime(Object? value) => DateTime.parse(asString(value)).toUtc();

Map<String, Object?> asMap(Object? value) =>
    Map.unmodifiable(_as<Map<String, Object?>>(value, 'an object'));

T Function(Object? value) asModel<T>(
  T Function(Map<String, Object?> json) reader,
) =>
    (value) => reader(_as<Map<String, Object?>>(value, 'an object'));

List<T> Function(Object? value) asList<T>(T Function(Object? value) reader) =>
    (value) => List.unmodifiable(
      _as<List<Object?>>(value, 'a list').map(reader),
    );

Map<String, T> Function(Object? value) asMapOf<T>(
  T Function(Object? value) reader,
) =>
    (value) => Map.unmodifiable(
      _as<Map<String, Object?>>(
        value,
        'an object',
      ).map((name, item) => MapEntry(name, reader(item))),
    );

/// A string as it is, else what [reader] makes of it.
Object Function(Object? value) asStringOr(
  Object Function(Object? value) reader,
) =>
    (value) => value is String ? value : reader(value);

List<Object?> writeList<T>(List<T> list, Object? Function(T item) writer) => [
  for (final item in list) writer(item),
];

Map<String, Object?> writeMap<T>(
  Map<String, T> map,
  Object? Function(T item) writer,
) => map.map((name, item) => MapEntry(name, writer(item)));

/// ISO 8601 in UTC with a `Z`, as the server writes it.
String writeTime(DateTime time) {
  final text = time.toUtc().toIso8601String();
  return text.endsWith('.000Z') ? text.replaceFirst('.000Z', 'Z') : text;
}

/// What may hold models, as JSON.
Object? toWire(Object? value) => switch (value) {
  Model() => value.toJson(),
  DateTime() => writeTime(value),
  List() => [for (final item in value) toWire(item)],
  Map() => {
    for (final MapEntry(:key, value: item) in value.entries) key: toWire(item),
  },
  _ => value,
};

T _as<T>(Object? value, String what) => value is T
    ? value
    : throw FormatException('$what was expected, not ${value.runtimeType}');
