/// In place of `package:test`, so that a bare Dart runs the tests.
///
/// Each test prints one line of JSON when it has ended: its name, and what went
/// wrong if anything did. A test that takes too long has failed.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:io';

final _tests = <(String, FutureOr<void> Function())>[];

/// A test; [req] are the requirements that it proves.
void test(
  String name,
  FutureOr<void> Function() body, {
  List<String> req = const [],
}) {
  if (_tests.any((other) => other.$1 == name)) {
    throw StateError('two tests are called "$name"');
  }
  _tests.add((name, body));
}

/// Runs what [test] was called with. The exit status is 1 unless there are tests
/// and all pass.
Future<void> runTests() async {
  var failed = _tests.isEmpty;
  for (final (name, body) in _tests) {
    Object? problem;
    StackTrace? trace;
    await runZonedGuarded(
      () async {
        try {
          await Future.sync(body).timeout(const Duration(seconds: 100));
        } on Object catch (error, where) {
          problem = error;
          trace = where;
        }
      },
      (error, where) {
        problem ??= error;
        trace ??= where;
      },
    );
    failed = failed || problem != null;
    stdout.writeln(
      jsonEncode({
        'test': name,
        'problem': problem == null ? null : '$problem\n$trace',
      }),
    );
  }
  await stdout.flush();
  exit(failed ? 1 : 0);
}

/// That [actual] is what is [expected]: maps and lists by what they hold.
void expect(Object? actual, Object? expected, [String about = '']) {
  if (!same(actual, expected)) {
    throw AssertionError('$about\nis:     $actual\nshould: $expected');
  }
}

/// That [condition] holds.
void check(bool condition, [String about = 'it does not hold']) {
  if (!condition) throw AssertionError(about);
}

/// The error of type [T] that [body] ends with.
Future<T> thrown<T extends Object>(FutureOr<Object?> Function() body) async {
  Object? value;
  try {
    value = await body();
  } on T catch (error) {
    return error;
  }
  throw AssertionError('no $T, but $value');
}

/// Whether two JSON values, or lists and sets of other things, are the same.
bool same(Object? one, Object? other) {
  if (one is Map && other is Map) {
    return one.length == other.length &&
        one.keys.every(
          (key) => other.containsKey(key) && same(one[key], other[key]),
        );
  }
  if (one is List && other is List) {
    return one.length == other.length &&
        Iterable<int>.generate(
          one.length,
        ).every((index) => same(one[index], other[index]));
  }
  if (one is Set && other is Set) {
    return one.length == other.length && one.containsAll(other);
  }
  return one == other;
}

/// A JSON value without what is null, which equals what is absent.
Object? withoutNulls(Object? value) => switch (value) {
  Map() => {
    for (final MapEntry(:key, value: item) in value.entries)
      if (item != null) key: withoutNulls(item),
  },
  List() => [for (final item in value) withoutNulls(item)],
  _ => value,
};

/// Waits until [condition] holds.
Future<void> until(
  FutureOr<bool> Function() condition, {
  Duration within = const Duration(seconds: 30),
}) async {
  final watch = Stopwatch()..start();
  while (!await condition()) {
    if (watch.elapsed > within) {
      throw AssertionError('it did not come about in time');
    }
    await Future<void>.delayed(const Duration(milliseconds: 20));
  }
}
