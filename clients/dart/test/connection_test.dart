/// Time-outs, retries, streams and files, against a real server in this process
/// that does what a healthy gateway does not do on demand.
library;

import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:pluggably_llm_client/io.dart';
import 'package:pluggably_llm_client/pluggably_llm_client.dart';

import 'recorder.dart' show Answer, Recorder, recorded;
import 'runner.dart';

typedef Handler = FutureOr<void> Function(HttpRequest request, int number);

/// A server whose every request goes to [handler], with its number from 1; a
/// client of it that hardly waits between tries.
Future<void> serving(
  Handler handler,
  Future<void> Function(Pluggably client, Served served) body, {
  Timeouts timeouts = const Timeouts(),
  Retries retries = const Retries(first: Duration(milliseconds: 10)),
}) async {
  final server = await HttpServer.bind(InternetAddress.loopbackIPv4, 0);
  final served = Served();
  final listening = server.listen((request) async {
    served.requests.add(request);
    try {
      await handler(request, served.requests.length);
      await request.response.close();
    } on IOException {
      // The client has gone, which may be what the test is about.
    }
  });
  final client = Pluggably(
    'http://127.0.0.1:${server.port}',
    apiKey: 'pgk_test',
    timeouts: timeouts,
    retries: retries,
  );
  try {
    await body(client, served);
  } finally {
    client.close();
    await listening.cancel();
    await server.close(force: true);
  }
}

final class Served {
  final List<HttpRequest> requests = [];

  List<String> get said => [
    for (final request in requests) '${request.method} ${request.uri.path}',
  ];
}

void answer(HttpRequest request, int status, Object? json, [Duration? retry]) {
  request.response.statusCode = status;
  request.response.headers.contentType = ContentType.json;
  if (retry != null) {
    request.response.headers.set('retry-after', '${retry.inSeconds}');
  }
  request.response.write(jsonEncode(json));
}

Map<String, Object?> envelope(String code, [num? retryAfter]) => {
  'error': {
    'code': code,
    'type': 'unavailable_error',
    'message': 'No.',
    'retry_after': retryAfter,
  },
};

String event(String name, Object? data, [int? id]) =>
    'event: $name\n${id == null ? '' : 'id: $id\n'}'
    'data: ${jsonEncode(data)}\n\n';

const selection = {
  'selected_model': 'tiny',
  'selected_provider': 'local',
  'requested': 'auto',
  'reason': 'default_for_modality',
  'fallback_used': false,
  'attempts': <Object?>[],
};

const output = {
  'request_id': 'req_1',
  'model': 'tiny',
  'provider': 'local',
  'modality': 'text',
  'selection': selection,
  'output': {'text': 'Good day.'},
  'finish_reason': 'stop',
  'usage': {'prompt_tokens': 3},
  'timing': {'queue_ms': 0, 'load_ms': 0, 'total_ms': 1},
  'warnings': <Object?>[],
};

final _begun = Expando<bool>();

/// Sends [text] at once, and goes on only when that is on its way.
Future<void> say(HttpRequest request, String text) async {
  if (_begun[request] == null) {
    _begun[request] = true;
    request.response.bufferOutput = false;
    request.response.headers.contentType = ContentType('text', 'event-stream');
  }
  request.response.add(utf8.encode(text));
  await request.response.flush();
}

void main() {
  test('a server that is busy is asked again', req: ['SYS-REQ-023'], () async {
    await serving(
      (request, number) => number < 3
          ? answer(request, 503, envelope('queue_full', 0))
          : answer(request, 200, output),
      (client, served) async {
        final response = await client.generate('Hello');
        expect(response.output.text, 'Good day.');
        expect(served.requests.length, 3);
        final names = {
          for (final request in served.requests)
            request.headers.value('x-request-id'),
        };
        expect(names.length, 1, 'a request keeps its name: $names');
      },
    );
  });

  test('a wait that the server asks for is honoured', () async {
    final watch = Stopwatch()..start();
    await serving(
      (request, number) => number < 2
          ? answer(
              request,
              429,
              envelope('rate_limited'),
              const Duration(seconds: 1),
            )
          : answer(request, 200, {'status': 'ok'}),
      (client, served) async {
        await client.health();
        check(watch.elapsed >= const Duration(seconds: 1), '${watch.elapsed}');
      },
    );
  });

  test('tries are bounded, and so is a wait', () async {
    await serving(
      (request, number) => answer(request, 503, envelope('queue_full', 0)),
      (client, served) async {
        await thrown<QueueFullException>(client.health);
        expect(served.requests.length, 3);
      },
    );
    await serving(
      (request, number) => answer(request, 429, envelope('rate_limited', 3600)),
      (client, served) async {
        final error = await thrown<RateLimitedException>(client.health);
        expect(error.retryAfter, const Duration(hours: 1));
        expect(served.requests.length, 1);
      },
    );
  });

  test('what may have started is not sent again', () async {
    await serving(
      (request, number) => answer(request, 503, envelope('runtime_crashed')),
      (client, served) async {
        await thrown<RuntimeCrashedException>(() => client.generate('Hello'));
        expect(served.requests.length, 1);
      },
    );
    await serving(
      (request, number) async {
        final socket = await request.response.detachSocket(writeHeaders: false);
        socket.destroy();
      },
      (client, served) async {
        await thrown<ConnectionException>(() => client.generate('Hello'));
        expect(served.requests.length, 1);
        await thrown<ConnectionException>(client.health);
        expect(served.requests.length, 4, 'GET may be sent again');
      },
    );
  });

  test('a server that says not to try again is believed', () async {
    await serving(
      (request, number) {
        request.response.headers.set('x-should-retry', 'false');
        answer(request, 429, envelope('rate_limited', 0));
      },
      (client, served) async {
        await thrown<RateLimitedException>(client.health);
        expect(served.requests.length, 1);
      },
    );
  });

  test('a server that is not there is told from others', () async {
    final server = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    final port = server.port;
    await server.close();
    final client = Pluggably(
      'http://127.0.0.1:$port',
      retries: const Retries(first: Duration(milliseconds: 10)),
    );
    await thrown<ServerNotFoundException>(client.health);
    await thrown<ServerNotFoundException>(() => client.generate('Hello'));
    await thrown<ServerNotFoundException>(() => client.stream('Hello').toList());
    client.close();
  });

  test('an answer that does not come in time is given up', () async {
    final never = Completer<void>();
    await serving(
      (request, number) => never.future,
      (client, served) async {
        final error = await thrown<TimedOutException>(client.health);
        check(error.sent);
        expect(served.requests.length, 1);
        await thrown<TimedOutException>(() => client.generate('Hello'));
        await thrown<TimedOutException>(() => client.stream('Hello').toList());
      },
      timeouts: const Timeouts(
        read: Duration(milliseconds: 200),
        generate: Duration(milliseconds: 300),
        idle: Duration(milliseconds: 200),
      ),
    );
    never.complete();
  });

  test('a connection that does not come about in time is given up', () async {
    // Nobody accepts: once its queue is full, further connections wait.
    final server = await RawServerSocket.bind(
      InternetAddress.loopbackIPv4,
      0,
      backlog: 1,
    );
    final client = Pluggably(
      'http://127.0.0.1:${server.port}',
      timeouts: const Timeouts(
        connect: Duration(milliseconds: 200),
        read: Duration(seconds: 1),
      ),
      retries: Retries.none,
    );
    final errors = await Future.wait([
      for (var turn = 0; turn < 6; turn++)
        thrown<TimedOutException>(client.health),
    ]);
    check(errors.any((error) => !error.sent), '$errors');
    client.close();
    await server.close();
  });

  test('a silent stream is given up, a slow one with comments is not', () async {
    const timeouts = Timeouts(idle: Duration(milliseconds: 1500));
    final never = Completer<void>();
    await serving(
      (request, number) async {
        await say(request, event('delta', {'text': 'a'}, 1));
        await never.future;
      },
      (client, served) async {
        final seen = <StreamEvent>[];
        await thrown<TimedOutException>(
          () => client.stream('Hello').forEach(seen.add),
        );
        expect(seen, [const DeltaEvent(text: 'a')]);
      },
      timeouts: timeouts,
    );
    never.complete();
    await serving(
      (request, number) async {
        for (var turn = 0; turn < 8; turn++) {
          await say(request, ': still here\n\n');
          await Future<void>.delayed(const Duration(milliseconds: 250));
        }
        await say(request, event('output', output, 1));
        await say(request, 'data: [DONE]\n\n');
      },
      (client, served) async {
        final response = await client.stream('Hello').response;
        expect(response.output.text, 'Good day.');
      },
      timeouts: timeouts,
    );
  });

  test('a stream is read however it is cut; what is new is ignored', () async {
    final text =
        ': hello\n\n'
        'event: selected\r\nid: 1\r\n'
        'data: ${jsonEncode({'request_id': 'req_1', 'selection': selection})}'
        '\r\n\r\n'
        '${event('sang', {'song': 'la'}, 2)}'
        '${event('delta', {'text': 'wörld\u2028', 'colour': 1}, 3)}'
        'event: delta\nid:4\ndata: {"text":\ndata: "!"}\n\n'
        '${event('output', output, 5)}'
        'data: [DONE]\n\n';
    await serving(
      (request, number) async {
        for (final byte in utf8.encode(text)) {
          request.response.add([byte]);
          await request.response.flush();
        }
      },
      (client, served) async {
        final events = await client.stream('Hello').toList();
        expect([for (final event in events) event.number], [1, 3, 4, 5]);
        expect(
          await Stream.fromIterable(events).text.join(),
          'wörld\u2028!',
        );
      },
    );
  });

  test(
    'a stream that is cut is an error after what it brought',
    req: ['SYS-REQ-023'],
    () async {
      await serving(
        (request, number) async {
          await say(request, event('delta', {'text': 'a'}, 1));
          await request.response.close();
        },
        (client, served) async {
          final seen = <StreamEvent>[];
          await thrown<StreamCutException>(
            () => client.stream('Hello').forEach(seen.add),
          );
          expect(seen.length, 1);
          expect(served.requests.length, 1, 'a generation is not sent again');
        },
      );
      await serving(
        (request, number) async {
          final socket = await request.response.detachSocket(
            writeHeaders: false,
          );
          socket.write(
            'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
            'transfer-encoding: chunked\r\n\r\n',
          );
          final data = event('delta', {'text': 'a'}, 1);
          socket.write('${data.length.toRadixString(16)}\r\n$data\r\n');
          await socket.flush();
          socket.destroy();
        },
        (client, served) async {
          await thrown<ConnectionException>(
            () => client.stream('Hello').toList(),
          );
        },
      );
    },
  );

  test('an error within a stream is the exception of its code', () async {
    await serving(
      (request, number) async {
        await say(request, event('delta', {'text': 'a'}, 1));
        await say(request, event('error', envelope('model_not_found'), 2));
        await say(request, 'data: [DONE]\n\n');
      },
      (client, served) async {
        final error = await thrown<ModelNotFoundException>(
          () => client.stream('Hello').toList(),
        );
        expect(error.status, null);
        expect(error.message, 'No.');
      },
    );
  });

  test('an error before a stream is the exception of its code', () async {
    await serving(
      (request, number) => answer(request, 404, envelope('model_not_found')),
      (client, served) async {
        final error = await thrown<ModelNotFoundException>(
          () => client.stream('Hello').toList(),
        );
        expect(error.status, 404);
      },
    );
  });

  test('cancelling a subscription closes the request', () async {
    final gone = Completer<void>();
    await serving(
      (request, number) async {
        final socket = await request.response.detachSocket(writeHeaders: false);
        void over([Object? _]) {
          if (!gone.isCompleted) gone.complete();
        }

        socket.listen((_) {}, onDone: over, onError: over);
        final data = event('delta', {'text': 'a'}, 1);
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
          'transfer-encoding: chunked\r\n\r\n'
          '${data.length.toRadixString(16)}\r\n$data\r\n',
        );
        await gone.future;
        socket.destroy();
      },
      (client, served) async {
        final first = await client.stream('Hello').first;
        expect(first, const DeltaEvent(text: 'a'));
        await gone.future.timeout(const Duration(seconds: 10));
      },
    );
  });

  test('cancelling closes a request that has no answer yet', () async {
    final arrived = Completer<Socket>();
    final server = await ServerSocket.bind(InternetAddress.loopbackIPv4, 0);
    server.listen(arrived.complete);
    final client = Pluggably('http://127.0.0.1:${server.port}');
    final subscription = client.stream('Hello').listen(null);
    final socket = await arrived.future;
    final received = BytesBuilder();
    final closed = Completer<void>();
    socket.listen(
      received.add,
      onDone: closed.complete,
      onError: (Object _) => closed.complete(),
    );
    await until(() => received.length > 0);
    await subscription.cancel();
    await closed.future.timeout(const Duration(seconds: 10));
    client.close();
    await server.close();
  });

  test('a paused subscription asks the server for nothing more', () async {
    var sent = 0;
    final line = event('delta', {'text': 'x' * 10000}, 1);
    await serving(
      (request, number) async {
        for (; sent < 10000; sent++) {
          await say(request, line);
        }
      },
      (client, served) async {
        final seen = <StreamEvent>[];
        late final StreamSubscription<StreamEvent> subscription;
        subscription = client.stream('Hello').listen((event) {
          seen.add(event);
          subscription.pause();
        });
        await until(() => seen.isNotEmpty);
        // The buffers on the way are filled; then the server waits.
        var before = -1;
        await until(() async {
          before = sent;
          await Future<void>.delayed(const Duration(milliseconds: 300));
          return sent == before;
        });
        check(sent < 10000, '$sent');
        await subscription.cancel();
      },
    );
  });

  test('a request that is watched goes on where its connection broke', () async {
    await serving(
      (request, number) async {
        if (number == 1) {
          await say(request, event('delta', {'text': 'a'}, 1));
          await say(request, event('delta', {'text': 'b'}, 2));
        } else {
          await say(request, event('output', output, 3));
          await say(request, 'data: [DONE]\n\n');
        }
      },
      (client, served) async {
        final events = await client.watchRequest('req_1').toList();
        expect([for (final event in events) event.number], [1, 2, 3]);
        expect(served.requests[1].headers.value('last-event-id'), '2');
        expect(served.requests[0].headers.value('last-event-id'), null);
      },
    );
  });

  test('a background request is waited for, and tells how far it is', () async {
    await serving(
      (request, number) async {
        if (request.method == 'POST') {
          return answer(request, 202, {
            'request_id': 'req_1',
            'status': 'queued',
            'queue_position': 2,
          });
        }
        await say(
          request,
          event('queued', {'request_id': 'req_1', 'queue_position': 1}, 1),
        );
        await say(
          request,
          event('progress', {'progress_pct': 50, 'step': 2, 'steps': 4}, 2),
        );
        await say(request, event('output', output, 3));
        await say(request, 'data: [DONE]\n\n');
      },
      (client, served) async {
        final request = await client.submit('Hello');
        expect(request.queuePosition, 2);
        expect(request.status, RequestState.queued);
        final told = <String>[];
        final response = await request.wait(
          onProgress: (event) => told.add(event.name),
        );
        expect(response.output.text, 'Good day.');
        expect(told, ['queued', 'progress', 'output']);
        expect(served.said, [
          'POST /v1/generate',
          'GET /v1/requests/req_1/events',
        ]);
      },
    );
  });

  test('a background request that failed ends in its exception', () async {
    final request = {
      'request_id': 'req_1',
      'status': 'failed',
      'created_at': '2026-01-02T03:04:05Z',
      'error': envelope('model_busy')['error'],
    };
    await serving(
      (incoming, number) async {
        if (incoming.method == 'POST') {
          return answer(incoming, 202, {
            'request_id': 'req_1',
            'status': 'running',
          });
        }
        if (!incoming.uri.path.endsWith('/events')) {
          return answer(incoming, 200, request);
        }
        await say(incoming, event('status', request, 1));
        await say(incoming, 'data: [DONE]\n\n');
      },
      (client, served) async {
        final submitted = await client.submit('Hello');
        await thrown<ModelBusyException>(submitted.wait);
      },
    );
  });

  test('a job is waited for, over a connection that breaks', () async {
    Map<String, Object?> job(String status, double progress) => {
      'job_id': 'job_1',
      'kind': 'download',
      'status': status,
      'progress_pct': progress,
      'downloaded_bytes': 1,
      'created_at': '2026-01-02T03:04:05Z',
      'error': status == 'failed'
          ? envelope('insufficient_storage')['error']
          : null,
    };
    await serving(
      (request, number) async {
        if (number == 1) {
          await say(request, event('status', job('running', 10), 1));
        } else {
          await say(request, event('status', job('completed', 100), 1));
          await say(request, 'data: [DONE]\n\n');
        }
      },
      (client, served) async {
        final told = <double?>[];
        final done = await client.waitForJob(
          'job_1',
          onProgress: (job) => told.add(job.progressPct),
        );
        expect(done.status, JobStatus.completed);
        expect(told, [10.0, 100.0]);
      },
    );
    await serving(
      (request, number) async {
        await say(request, event('status', job('failed', 10), 1));
        await say(request, 'data: [DONE]\n\n');
      },
      (client, served) async {
        await thrown<InsufficientStorageException>(
          () => client.waitForJob('job_1'),
        );
      },
    );
  });

  test('what is no Pluggably server is told so', () async {
    await serving((request, number) => request.response.write('<html>'), (
      client,
      served,
    ) async {
      await thrown<UnexpectedReplyException>(client.version);
    });
    await serving((request, number) => answer(request, 200, {'version': 3}), (
      client,
      served,
    ) async {
      final error = await thrown<UnexpectedReplyException>(client.version);
      check(error.message.contains('version'), error.message);
    });
    await serving(
      (request, number) => answer(request, 502, 'Bad Gateway'),
      (client, served) async {
        final error = await thrown<ProviderException>(
          () => client.generate('Hello'),
        );
        expect(error.code, 'unknown');
      },
    );
  });

  test('a redirect is not followed: it would take the key along', () async {
    await serving(
      (request, number) {
        request.response.statusCode = 307;
        request.response.headers.set('location', '/elsewhere');
      },
      (client, served) async {
        await thrown<UnexpectedReplyException>(client.version);
        expect(served.said, ['GET /v1/version']);
      },
    );
  });

  test('a server that is not ready says what is missing', () async {
    await serving(
      (request, number) => answer(request, 503, {
        ...envelope('not_ready', 2),
        'status': 'not_ready',
        'checks': {'database': 'ok', 'default_model': 'loading'},
      }),
      (client, served) async {
        final readiness = await client.ready();
        expect(readiness.status, 'not_ready');
        expect(readiness.checks['default_model'], 'loading');
        check(!await client.isReady());
        expect(served.requests.length, 2);
      },
    );
  });

  test('an artifact comes with progress, and is saved once complete', () async {
    final folder = await Directory.systemTemp.createTemp('dart');
    final bytes = List.generate(100000, (index) => index % 251);
    await serving(
      (request, number) async {
        if (number == 3) {
          final socket = await request.response.detachSocket(
            writeHeaders: false,
          );
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
          await socket.flush();
          socket.destroy();
          return;
        }
        request.response.headers.contentType = ContentType('image', 'png');
        request.response.contentLength = bytes.length;
        request.response.add(bytes);
      },
      (client, served) async {
        final told = <(int, int?)>[];
        final fetched = await client.getArtifact(
          'art_1',
          onProgress: (received, total) => told.add((received, total)),
        );
        expect(fetched.bytes, bytes);
        expect(fetched.mediaType, 'image/png');
        expect(told.last, (100000, 100000));
        final file = File('${folder.path}/a.png');
        told.clear();
        await client.saveArtifact(
          'art_1',
          file,
          onProgress: (received, total) => told.add((received, total)),
        );
        expect(await file.readAsBytes(), bytes);
        expect(told.last, (100000, 100000));
        await thrown<ConnectionException>(
          () => client.saveArtifact('art_1', File('${folder.path}/b.png')),
        );
        expect([
          for (final entry in folder.listSync()) entry.uri.pathSegments.last,
        ], ['a.png']);
      },
    );
    await folder.delete(recursive: true);
  });

  test('addresses that the server gives are completed', () {
    final client = recorded(Recorder([const Answer(200)]));
    expect(
      '${client.resolve('/v1/artifacts/art_1?signature=x')}',
      'http://gateway.test:8080/sub/v1/artifacts/art_1?signature=x',
    );
    expect(
      '${client.resolve('https://elsewhere.test/a')}',
      'https://elsewhere.test/a',
    );
  });

  runTests();
}
