/// Requests and answers, under the methods of the client.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:math';
import 'dart:typed_data';

import 'errors.dart';
import 'media.dart';
import 'options.dart';
import 'sse.dart';
import 'transport/none.dart'
    if (dart.library.js_interop) 'transport/web.dart'
    if (dart.library.io) 'transport/io.dart';
import 'transport/transport.dart';

/// A request that is to be sent. [path] begins with a slash; what stands in it
/// for an id is encoded by [segment].
final class Call {
  const Call(
    this.method,
    this.path, {
    this.query = const {},
    this.headers = const {},
    this.body,
    this.slow = false,
    this.also = const {},
    this.accept = 'application/json',
  });

  final String method;
  final String path;

  /// Values may be null, strings, numbers, booleans and times.
  final Map<String, Object?> query;

  final Map<String, String> headers;

  /// JSON, or a [Form].
  final Object? body;

  /// Whether the answer takes as long as generating does.
  final bool slow;

  /// Statuses beside the successful ones that are answers.
  final Set<int> also;

  final String accept;

  /// Whether sending it twice does what sending it once does.
  bool get repeatable => const {'GET', 'HEAD', 'PUT', 'DELETE'}.contains(method);
}

/// A body as browsers send forms (`multipart/form-data`, RFC 7578).
final class Form {
  const Form(this.fields, this.files);

  final Map<String, Object?> fields;
  final List<(String name, MediaFile file)> files;

  /// The bytes, with [boundary] between the parts.
  Uint8List encode(String boundary) {
    final found = BytesBuilder(copy: false);
    void line(String text) => found.add(utf8.encode('$text\r\n'));
    for (final MapEntry(:key, :value) in fields.entries) {
      if (value == null) continue;
      line('--$boundary');
      line('content-disposition: form-data; name="$key"');
      line('');
      line('$value');
    }
    for (final (name, file) in files) {
      line('--$boundary');
      line(
        'content-disposition: form-data; name="$name"; '
        'filename="$name${file.ending}"',
      );
      line('content-type: ${file.mediaType}');
      line('');
      found.add(file.bytes);
      line('');
    }
    line('--$boundary--');
    return found.takeBytes();
  }
}

/// An answer that has been read.
final class Reply {
  const Reply(this.status, this.headers, this.bytes);

  final int status;
  final Map<String, String> headers;
  final Uint8List bytes;

  String get text => utf8.decode(bytes, allowMalformed: true);
}

/// An id or a name as one segment of a path.
String segment(String value) => Uri.encodeComponent(value);

/// What all parts of the client send their requests through.
final class Connection {
  Connection(
    String url, {
    String? apiKey,
    Transport? transport,
    this.timeouts = const Timeouts(),
    this.retries = const Retries(),
    this.headers = const {},
  }) : base = _address(url),
       _apiKey = apiKey,
       _transport = transport ?? platformTransport();

  final Uri base;
  final Timeouts timeouts;
  final Retries retries;

  /// What goes with every request.
  final Map<String, String> headers;

  final String? _apiKey;
  final Transport _transport;

  /// What a login has given; goes in place of the key.
  String? token;

  /// The answer as JSON, through [reader].
  Future<T> json<T>(
    Call call,
    T Function(Map<String, Object?> json) reader,
  ) async {
    final reply = await send(call);
    return understood(call, () => reader(_object(reply.bytes)));
  }

  /// The whole answer.
  Future<Reply> send(Call call) async {
    final response = await open(call);
    final bytes = await _collect(
      response,
      call.slow ? timeouts.generate : timeouts.read,
    );
    return Reply(response.status, response.headers, bytes);
  }

  /// The answer once it begins; its body has to be listened to.
  Future<TransportResponse> open(
    Call call, {
    Duration? limit,
    Future<void>? aborted,
  }) async {
    var given = false;
    unawaited(aborted?.then((_) => given = true));
    final within = limit ?? (call.slow ? timeouts.generate : timeouts.read);
    for (var tries = 1; ; tries++) {
      var allowed = true;
      try {
        final response = await _once(call, within, aborted);
        final status = response.status;
        if (status < 300 || call.also.contains(status)) return response;
        allowed = response.headers['x-should-retry'] != 'false';
        throw await _failure(response);
      } on PluggablyException catch (error) {
        final wait = retries.wait(
          error,
          tries: tries,
          repeatable: call.repeatable,
          allowed: allowed && !given,
        );
        if (wait == null) rethrow;
        final waited = Future<void>.delayed(wait);
        await (aborted == null ? waited : Future.any([waited, aborted]));
        if (given) rethrow;
      }
    }
  }

  /// The events of an answer that is a stream. Nothing is sent before somebody
  /// listens; cancelling closes the request.
  ///
  /// Errors: those of any request, `StreamCutException` where the stream ends
  /// without `[DONE]`, and the exception of an `error` event. With [raw] there
  /// are neither: vendors' streams end and fail as their vendors have it.
  Stream<ServerEvent> events(Call call, {bool raw = false}) {
    final aborted = Completer<void>();
    StreamSubscription<ServerEvent>? source;
    late final StreamController<ServerEvent> controller;
    var done = false;

    void end([Object? error, StackTrace? trace]) {
      if (controller.isClosed) return;
      if (error != null) controller.addError(error, trace);
      unawaited(controller.close());
    }

    void take(ServerEvent event) {
      if (done) return;
      if (event.data == '[DONE]') {
        done = true;
        end();
      } else if (event.name == 'error' && !raw) {
        done = true;
        try {
          end(
            understood(
              call,
              () => PluggablyApiException.fromJson(
                _object(utf8.encode(event.data)),
              ),
            ),
          );
        } on PluggablyException catch (error) {
          end(error);
        }
      } else {
        controller.add(event);
      }
    }

    Future<void> start() async {
      try {
        final response = await open(
          call,
          limit: timeouts.idle,
          aborted: aborted.future,
        );
        if (aborted.isCompleted) {
          await response.body.listen(null).cancel();
          return;
        }
        source = serverEvents(_watched(response.body)).listen(
          take,
          onError: (Object error, StackTrace trace) {
            if (!done) end(error, trace);
          },
          onDone: () {
            if (done) return;
            if (raw) return end();
            end(
              StreamCutException(
                'The stream of $base ended before the answer was complete.',
              ),
            );
          },
        );
      } on Object catch (error, trace) {
        if (!aborted.isCompleted) end(error, trace);
      }
    }

    controller = StreamController(
      onListen: start,
      onPause: () => source?.pause(),
      onResume: () => source?.resume(),
      onCancel: () async {
        if (!aborted.isCompleted) aborted.complete();
        await source?.cancel();
      },
    );
    return controller.stream;
  }

  /// The chunks of a body, but no silence longer than the idle time-out.
  Stream<List<int>> _watched(Stream<List<int>> body) => body.timeout(
    timeouts.idle,
    onTimeout: (sink) {
      sink.addError(TimedOutException('$base was silent for ${timeouts.idle}.'));
      sink.close();
    },
  );

  /// The chunks of a download.
  Stream<List<int>> chunks(TransportResponse response) =>
      _watched(response.body);

  /// What [reader] makes of an answer; what it can't read is an
  /// `UnexpectedReplyException`.
  T understood<T>(Call call, T Function() reader) {
    try {
      return reader();
    } on FormatException catch (error) {
      throw UnexpectedReplyException(
        '${call.method} ${call.path} of $base answered something else than '
        'expected: ${error.message}',
      );
    }
  }

  /// Ends all connections; what is under way fails.
  void close() => _transport.close();

  Future<TransportResponse> _once(
    Call call,
    Duration limit,
    Future<void>? aborted,
  ) async {
    final gone = Completer<void>();
    unawaited(
      aborted?.then((_) {
        if (!gone.isCompleted) gone.complete();
      }),
    );
    final body = call.body;
    final boundary = 'pluggably-${Random.secure().nextInt(1 << 32)}';
    final (type, bytes) = switch (body) {
      null => (null, null),
      Form() => (
        'multipart/form-data; boundary=$boundary',
        body.encode(boundary),
      ),
      _ => ('application/json', utf8.encode(jsonEncode(body))),
    };
    final request = TransportRequest(
      method: call.method,
      url: _url(call),
      headers: {
        'accept': call.accept,
        if (type != null) 'content-type': type,
        ...headers,
        if (token case final token?)
          'authorization': 'Bearer $token'
        else if (_apiKey case final key?)
          'x-api-key': key,
        ...call.headers,
      },
      body: bytes,
      connectTimeout: timeouts.connect,
      aborted: gone.future,
    );
    return _transport
        .send(request)
        .timeout(
          limit,
          onTimeout: () {
            if (!gone.isCompleted) gone.complete();
            throw TimedOutException('$base did not answer within $limit.');
          },
        );
  }

  Uri _url(Call call) {
    final query = {
      for (final MapEntry(:key, :value) in call.query.entries)
        if (value != null)
          key: value is DateTime ? value.toUtc().toIso8601String() : '$value',
    };
    final parts = [
      for (final MapEntry(:key, :value) in query.entries)
        '${Uri.encodeQueryComponent(key)}=${Uri.encodeQueryComponent(value)}',
    ];
    final asked = parts.isEmpty ? '' : '?${parts.join('&')}';
    // Not through `Uri.replace`: an id keeps its encoded slashes.
    return Uri.parse('$base${call.path}$asked');
  }

  Future<Uint8List> _collect(TransportResponse response, Duration limit) async {
    final found = BytesBuilder(copy: false);
    final body = response.body.timeout(
      limit,
      onTimeout: (sink) {
        sink.addError(TimedOutException('$base was silent for $limit.'));
        sink.close();
      },
    );
    await body.forEach(found.add);
    return found.takeBytes();
  }

  Future<PluggablyException> _failure(TransportResponse response) async {
    final status = response.status;
    final bytes = await _collect(response, timeouts.read);
    if (status < 400) {
      return UnexpectedReplyException('$base answered $status.');
    }
    Object? json;
    try {
      json = jsonDecode(utf8.decode(bytes, allowMalformed: true));
    } on FormatException {
      json = null;
    }
    final error = json is Map<String, Object?> ? json['error'] : null;
    final seconds = num.tryParse(response.headers['retry-after'] ?? '');
    final facts = ErrorFacts.fromJson({
      'message': 'The server answered $status without saying why.',
      'request_id': response.headers['x-request-id'],
      if (error is Map<String, Object?>) ...error,
      if (seconds != null && (error is! Map || error['retry_after'] == null))
        'retry_after': seconds,
    }, status: status);
    return PluggablyApiException.of(facts);
  }
}

Map<String, Object?> _object(List<int> bytes) {
  final json = jsonDecode(utf8.decode(bytes));
  if (json is Map<String, Object?>) return json;
  throw FormatException('an object was expected, not ${json.runtimeType}');
}

Uri _address(String url) {
  final found = Uri.tryParse(url.replaceFirst(RegExp(r'/+$'), ''));
  if (found == null ||
      !(found.isScheme('http') || found.isScheme('https')) ||
      found.host.isEmpty) {
    throw ArgumentError.value(
      url,
      'url',
      'is no address of a server; one looks like http://127.0.0.1:8080',
    );
  }
  return found;
}
