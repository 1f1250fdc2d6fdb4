/// What the parts of the client share.
library;

import 'dart:async';

import '../connection.dart';
import '../errors.dart';
import '../options.dart';

/// A part of the client.
abstract interface class Api {
  Connection get connection;
}

/// The items of all pages, each page fetched when the one before is used up.
Stream<T> paged<T>(
  Future<(List<T> items, String? next)> Function(String? cursor) page,
) async* {
  String? cursor;
  do {
    final (items, next) = await page(cursor);
    yield* Stream.fromIterable(items);
    cursor = next;
  } while (cursor != null);
}

/// A stream that is opened again where its connection breaks, as long as each
/// connection brings something or [retries] are left.
Stream<T> resuming<T>(Stream<T> Function() open, Retries retries) {
  late final StreamController<T> controller;
  StreamSubscription<T>? source;
  Timer? pause;
  var failures = 0;

  void start() {
    source = open().listen(
      (event) {
        failures = 0;
        controller.add(event);
      },
      onError: (Object error, StackTrace trace) {
        unawaited(source?.cancel());
        source = null;
        if (error is ConnectionException && failures < retries.max) {
          failures++;
          pause = Timer(retries.first, start);
        } else {
          controller.addError(error, trace);
          unawaited(controller.close());
        }
      },
      onDone: controller.close,
    );
    if (controller.isPaused) source?.pause();
  }

  controller = StreamController(
    onListen: start,
    onPause: () => source?.pause(),
    onResume: () => source?.resume(),
    onCancel: () {
      pause?.cancel();
      return source?.cancel();
    },
  );
  return controller.stream;
}
