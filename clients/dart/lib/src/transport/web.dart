/// The transport of browsers: `fetch`.
library;

import 'dart:async';
import 'dart:js_interop';

import '../errors.dart';
import 'transport.dart';

/// Requests through `fetch`.
final class WebTransport implements Transport {
  /// [credentials] as `fetch` has them; `include` sends the cookie of a login
  /// with `cookie: true` to a server of another origin.
  WebTransport({this.credentials = 'same-origin'});

  final String credentials;

  @override
  Future<TransportResponse> send(TransportRequest request) async {
    final origin = request.url.origin;
    final controller = _AbortController();
    unawaited(request.aborted?.then((_) => controller.abort()));
    final headers = _Headers();
    request.headers.forEach(headers.append);
    final _Response response;
    try {
      response = await _fetch(
        request.url.toString(),
        _Options(
          method: request.method,
          headers: headers,
          body: request.body?.toJS,
          signal: controller.signal,
          redirect: 'error',
          credentials: credentials,
          cache: 'no-store',
        ),
      ).toDart;
    } on Object catch (error) {
      // A browser does not tell why: no server, no safe connection, or an
      // origin that the server does not allow.
      throw ConnectionException('$origin can not be reached ($error).');
    }
    final found = <String, String>{};
    response.headers.forEach(
      ((String value, String name) {
        found[name.toLowerCase()] = value;
      }).toJS,
    );
    return TransportResponse(
      status: response.status,
      headers: found,
      body: _chunks(response.body, origin),
    );
  }

  @override
  void close() {}
}

/// What the platform has.
Transport platformTransport() => WebTransport();

Stream<List<int>> _chunks(_ReadableStream? body, String origin) {
  if (body == null) return const Stream.empty();
  final reader = body.getReader();
  late final StreamController<List<int>> controller;
  var reading = false;
  var over = false;

  Future<void> pump() async {
    if (reading) return;
    reading = true;
    try {
      while (!over && !controller.isPaused) {
        final chunk = await reader.read().toDart;
        if (over) return;
        if (chunk.done) {
          over = true;
          unawaited(controller.close());
        } else if (chunk.value case final bytes?) {
          controller.add(bytes.toDart);
        }
      }
    } on Object catch (error) {
      if (over) return;
      over = true;
      controller.addError(
        ConnectionException('The connection to $origin broke ($error).'),
      );
      unawaited(controller.close());
    } finally {
      reading = false;
    }
  }

  controller = StreamController(
    onListen: pump,
    onResume: pump,
    onCancel: () async {
      if (over) return;
      over = true;
      await reader.cancel().toDart;
    },
  );
  return controller.stream;
}

@JS('fetch')
external JSPromise<_Response> _fetch(String url, _Options options);

extension type _Options._(JSObject _) implements JSObject {
  external factory _Options({
    String method,
    _Headers headers,
    JSUint8Array? body,
    JSObject signal,
    String redirect,
    String credentials,
    String cache,
  });
}

@JS('AbortController')
extension type _AbortController._(JSObject _) implements JSObject {
  external factory _AbortController();
  external JSObject get signal;
  external void abort();
}

@JS('Headers')
extension type _Headers._(JSObject _) implements JSObject {
  external factory _Headers();
  external void append(String name, String value);
  external void forEach(JSFunction visit);
}

@JS('Response')
extension type _Response._(JSObject _) implements JSObject {
  external int get status;
  external _Headers get headers;
  external _ReadableStream? get body;
}

extension type _ReadableStream._(JSObject _) implements JSObject {
  external _Reader getReader();
}

extension type _Reader._(JSObject _) implements JSObject {
  external JSPromise<_Chunk> read();
  external JSPromise<JSAny?> cancel();
}

extension type _Chunk._(JSObject _) implements JSObject {
  external bool get done;
  external JSUint8Array? get value;
}
