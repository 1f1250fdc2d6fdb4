/// What the client sends and reads, against the OpenAPI document and the
/// vectors.
library;

import 'dart:convert';
import 'dart:io';

import 'package:pluggably_llm_client/pluggably_llm_client.dart';
import 'package:pluggably_llm_client/src/connection.dart';

import 'operations.dart';
import 'recorder.dart';
import 'runner.dart';

final Directory root = Directory.fromUri(Platform.script.resolve('../../../'));

Map<String, Object?> readJson(String path) =>
    jsonDecode(File('${root.path}$path').readAsStringSync())
        as Map<String, Object?>;

final document = readJson('docs/openapi.json');

/// The operations of the document by their id.
final Map<String, Described> described = {
  for (final MapEntry(key: path, value: methods)
      in (document['paths'] as Map<String, Object?>).entries)
    for (final MapEntry(key: method, :value)
        in (methods as Map<String, Object?>).entries)
      (value as Map<String, Object?>)['operationId'] as String: Described(
        method.toUpperCase(),
        path,
        (value['parameters'] as List<Object?>? ?? const [])
            .cast<Map<String, Object?>>(),
      ),
};

final class Described {
  const Described(this.method, this.path, this.parameters);

  final String method;
  final String path;
  final List<Map<String, Object?>> parameters;

  Iterable<Map<String, Object?>> where(String place) =>
      parameters.where((parameter) => parameter['in'] == place);
}

/// Parameters that this client has no use for.
const unused = {
  // Those of Anthropic's shape of the list of models.
  'list_models': {'after_id', 'before_id'},
  // Signed addresses carry them already.
  'fetch_artifact': {'expires', 'signature'},
  'head_fetch_artifact': {'expires', 'signature'},
};

/// What a vector should be read from and written to as.
Object? written(Object? result) => switch (result) {
  final BackgroundRequest request => {
    'request_id': request.requestId,
    'status': request.status,
    'queue_position': request.queuePosition,
  },
  final Model model => model.toJson(),
  _ => result,
};

/// A fitting value for a parameter.
Object sample(Map<String, Object?> schema) {
  final any = schema['anyOf'] as List<Object?>?;
  if (any != null) return sample(any.first! as Map<String, Object?>);
  if (schema[r'$ref'] case final String reference) {
    final name = reference.split('/').last;
    final schemas =
        (document['components']! as Map<String, Object?>)['schemas']!
            as Map<String, Object?>;
    return sample(schemas[name]! as Map<String, Object?>);
  }
  if (schema['enum'] case final List<Object?> values) return values.first!;
  if (schema['const'] case final value?) return value;
  if (schema['format'] == 'date-time') return '2026-01-02T03:04:05.000Z';
  return switch (schema['type']) {
    'integer' => 7,
    'boolean' => true,
    _ => 'x y/z',
  };
}

/// The path and the query of a request, without the server's address.
(String, Map<String, String>) target(TransportRequest request) => (
  request.url.toString().split('?').first.replaceFirst(
    'http://gateway.test:8080/sub',
    '',
  ),
  request.url.queryParameters,
);

String filled(String path, Map<String, Object?> values) => path.replaceAllMapped(
  RegExp(r'\{(\w+)\}'),
  (match) => Uri.encodeComponent('${values[match[1]]}'),
);

void main() {
  test(
    'every operation of the document has a method, and no method more',
    req: ['SYS-REQ-023'],
    () {
      expect(
        operations.keys.toList()..sort(),
        described.keys.toList()..sort(),
      );
      check(operations.length > 70, '${operations.length}');
    },
  );

  test(
    'every method sends the path and every query parameter of the document',
    req: ['SYS-REQ-023', 'TEST-UNIT-006'],
    () async {
      for (final MapEntry(key: name, value: call) in operations.entries) {
        final operation = described[name]!;
        final leave = unused[name] ?? const <String>{};
        Map<String, Object> values(String place) => {
          for (final parameter in operation.where(place))
            if (!leave.contains(parameter['name']))
              parameter['name']! as String: sample(
                parameter['schema']! as Map<String, Object?>,
              ),
        };
        final request = {
          'path': {
            for (final parameter in operation.where('path'))
              parameter['name']! as String: 'a b/c:d',
          },
          'query': values('query'),
          'headers': values('header'),
          'body': <String, Object?>{
            // What some methods can't do without.
            'prompt': 'x',
            'password': 'x',
            'current_password': 'x',
            'new_password': 'x',
            'name': 'x',
            'provider': 'x',
            'credential_type': 'api_key',
            'input': <String, Object?>{},
            'source': {'type': 'url', 'uri': 'x'},
          },
        };
        final recorder = Recorder([const Answer(418)]);
        try {
          await call(recorded(recorder), Asked(request));
        } on PluggablyException {
          // The answer does not matter here.
        }
        expect(recorder.requests.length, 1, name);
        final (path, query) = target(recorder.last);
        expect(recorder.last.method, operation.method, name);
        expect(
          path,
          filled(operation.path, request['path']!),
          name,
        );
        expect(query, {
          for (final MapEntry(:key, :value)
              in (request['query']! as Map<String, Object>).entries)
            key: '$value',
        }, name);
        for (final MapEntry(:key, :value)
            in (request['headers']! as Map<String, Object>).entries) {
          if (name == 'follow_job') continue; // it tells the state, not events
          expect(recorder.last.headers[key], '$value', name);
        }
        expect(recorder.last.headers['x-api-key'], 'pgk_test', name);
      }
    },
  );

  test(
    'the vectors are sent and read without loss',
    req: ['SYS-REQ-023', 'TEST-UNIT-006'],
    () async {
      var exchanges = 0;
      for (final name in operations.keys) {
        final vector = readJson('clients/vectors/$name.json');
        for (final exchange in vector['exchanges']! as List<Object?>) {
          await replay(name, exchange! as Map<String, Object?>);
          exchanges++;
        }
      }
      check(exchanges > 100, 'only $exchanges exchanges');
    },
  );

  test(
    'the vectors of streams are read without loss',
    req: ['SYS-REQ-023', 'TEST-UNIT-006'],
    () async {
      final streams = readJson('clients/vectors/streams.json')['streams'];
      for (final item in streams! as List<Object?>) {
        final stream = item! as Map<String, Object?>;
        final name = stream['operation']! as String;
        final about = '$name: ${stream['name']}';
        final events = (stream['events']! as List<Object?>)
            .cast<Map<String, Object?>>();
        final recorder = Recorder([Answer(200, body: asStream(events))]);
        final asked = Asked(stream['request']! as Map<String, Object?>);
        final failure = events.where((event) => event['name'] == 'error');
        if (failure.isNotEmpty) {
          final error = await thrown<PluggablyApiException>(
            () => operations[name]!(recorded(recorder), asked),
          );
          expect(error.toJson(), withoutNulls(failure.single['data']), about);
          continue;
        }
        final result = await operations[name]!(recorded(recorder), asked);
        expect(
          [
            for (final (index, event) in (result! as List<Object?>).indexed)
              switch (event) {
                StreamEvent() => {
                  'name': event.name,
                  'id': event.number,
                  'data': event.toJson(),
                },
                // A job has no number.
                final Job job => {
                  'name': 'status',
                  'id': index + 1,
                  'data': job.toJson(),
                },
                _ => event,
              },
          ],
          withoutNulls(events),
          about,
        );
      }
    },
  );

  test(
    'every kind of event is read without loss, and none is unknown',
    req: ['SYS-REQ-023', 'TEST-UNIT-006'],
    () {
      final events = readJson('clients/vectors/events.json')['events'];
      for (final item in events! as List<Object?>) {
        final event = item! as Map<String, Object?>;
        final data = event['data']! as Map<String, Object?>;
        final name = event['name']! as String;
        final written = name == 'error'
            ? PluggablyApiException.fromJson(data).toJson()
            : 'job_id' == data.keys.first
            ? Job.fromJson(data).toJson()
            : StreamEvent.of(name, data)?.toJson();
        expect(written, withoutNulls(data), name);
      }
    },
  );

  test(
    'every error code has a class of its own below that of its type',
    req: ['SYS-REQ-023'],
    () {
      final errors = readJson('clients/vectors/errors.json')['errors'];
      final classes = <Type>{};
      for (final item in errors! as List<Object?>) {
        final described = item! as Map<String, Object?>;
        final envelope = described['envelope']! as Map<String, Object?>;
        final error = PluggablyApiException.fromJson(
          envelope,
          status: described['status']! as int,
        );
        expect(error.code, described['code']);
        expect(error.type, described['type']);
        expect(error.status, described['status']);
        expect(error.toJson(), withoutNulls(envelope), error.code);
        check(classes.add(error.runtimeType), '${error.runtimeType} twice');
        final family = PluggablyApiException.of(
          ErrorFacts(code: 'new', message: '', type: error.type),
        ).runtimeType;
        final byStatus = PluggablyApiException.of(
          ErrorFacts(code: 'new', message: '', status: error.status),
        ).runtimeType;
        expect(byStatus, family, error.code);
      }
      check(classes.length > 35);
    },
  );

  test(
    'what a newer server adds is ignored',
    req: ['SYS-REQ-023'],
    () async {
      final body = {
        'name': 'pluggably',
        'version': '9',
        'api_version': '1',
        'colour': 'blue',
      };
      final client = recorded(Recorder([Answer.json(body)]));
      expect((await client.version()).version, '9');
      expect(StreamEvent.of('sang', const {'song': 'la'}), null);
      expect(RequestState.fromJson('dreaming'), 'dreaming');
      check(!RequestState.values.contains(RequestState.fromJson('dreaming')));
    },
  );

  test('models are equal when they say the same, and hash alike', () {
    Session session({String? title = 'A trip'}) => Session(
      id: 'ses_1',
      status: SessionStatus.active,
      createdAt: DateTime.utc(2026, 1, 2),
      lastUsedAt: DateTime.utc(2026, 1, 2),
      messageCount: 0,
      title: title,
      stateTokens: const {
        'a': [1, 2],
      },
    );
    check(session() == session());
    expect(session().hashCode, session().hashCode);
    check(session() != session(title: 'Another'));
    expect(session().copyWith(title: 'Another'), session(title: 'Another'));
    expect({session(), session()}.length, 1);
    expect(Session.fromJson(session().toJson()), session());
  });

  test('what was read can not be changed', () async {
    final session = Session.fromJson({
      'id': 'ses_1',
      'status': 'active',
      'created_at': '2026-01-02T03:04:05.123456Z',
      'last_used_at': '2026-01-02T03:04:05Z',
      'message_count': 0,
      'state_tokens': <String, Object?>{'a': 1},
    });
    await thrown<UnsupportedError>(() => session.stateTokens!['b'] = 2);
    expect(session.createdAt.microsecond, 456);
    expect(session.toJson()['created_at'], '2026-01-02T03:04:05.123456Z');
    expect(session.toJson()['last_used_at'], '2026-01-02T03:04:05Z');
  });

  test(
    'register and login go to the users endpoints',
    req: ['SYS-REQ-055', 'TEST-INT-CR001-001'],
    () async {
      final recorder = Recorder([const Answer(418)]);
      final client = recorded(recorder);
      await thrown<PluggablyException>(
        () => client.register(username: 'ada', password: 'p', inviteToken: 'i'),
      );
      expect(target(recorder.last).$1, '/v1/users/register');
      expect(recorder.lastBody, {
        'username': 'ada',
        'password': 'p',
        'invite_token': 'i',
      });
      await thrown<PluggablyException>(
        () => client.login(email: 'ada@example.org', password: 'p'),
      );
      expect(target(recorder.last).$1, '/v1/users/login');
      expect(recorder.lastBody, {'email': 'ada@example.org', 'password': 'p'});
      check(recorder.requests.every((request) => request.method == 'POST'));
    },
  );

  test(
    'generate sends model, modality, input and parameters',
    req: ['SYS-REQ-056', 'TEST-INT-CR001-002'],
    () async {
      final recorder = Recorder([const Answer(418)]);
      await thrown<PluggablyException>(
        () => recorded(recorder).generate(
          'A red cube',
          model: 'auto',
          modality: Modality.image,
          parameters: {'seed': 7},
          images: ['artifact:art_1'],
          selectionMode: SelectionMode.freeOnly,
          fallback: ['a', 'b'],
        ),
      );
      expect(recorder.last.method, 'POST');
      expect(target(recorder.last).$1, '/v1/generate');
      expect(recorder.last.headers['content-type'], 'application/json');
      expect(recorder.lastBody, {
        'model': 'auto',
        'modality': 'image',
        'input': {
          'prompt': 'A red cube',
          'images': ['artifact:art_1'],
        },
        'parameters': {'seed': 7},
        'selection_mode': 'free_only',
        'fallback': ['a', 'b'],
      });
      check(
        RegExp(
          r'^[A-Za-z0-9_-]{8,64}$',
        ).hasMatch(recorder.last.headers['x-request-id']!),
      );
    },
  );

  test(
    'status, load and unload have the model in the path',
    req: ['SYS-REQ-057', 'TEST-INT-CR001-003'],
    () async {
      final recorder = Recorder([const Answer(418)]);
      final client = recorded(recorder);
      const id = 'org/name:Q4';
      await thrown<PluggablyException>(() => client.getModelStatus(id));
      await thrown<PluggablyException>(() => client.loadModel(id, wait: true));
      await thrown<PluggablyException>(() => client.unloadModel(id));
      expect(
        [
          for (final request in recorder.requests)
            '${request.method} ${target(request).$1}',
        ],
        [
          'GET /v1/models/org%2Fname%3AQ4/status',
          'POST /v1/models/org%2Fname%3AQ4/load',
          'POST /v1/models/org%2Fname%3AQ4/unload',
        ],
      );
    },
  );

  test(
    'request status and cancel go to the plural path',
    req: ['SYS-REQ-058', 'TEST-INT-CR001-004'],
    () async {
      final recorder = Recorder([const Answer(418)]);
      final client = recorded(recorder);
      await thrown<PluggablyException>(() => client.getRequestStatus('req_1'));
      await thrown<PluggablyException>(() => client.cancelRequest('req_1'));
      expect(
        [
          for (final request in recorder.requests)
            '${request.method} ${target(request).$1}',
        ],
        ['GET /v1/requests/req_1/status', 'POST /v1/requests/req_1/cancel'],
      );
    },
  );

  test(
    'tokens and provider keys are below users, without me',
    req: ['SYS-REQ-059', 'TEST-INT-CR001-005'],
    () async {
      final recorder = Recorder([const Answer(418)]);
      final client = recorded(recorder);
      await thrown<PluggablyException>(client.listUserTokens);
      await thrown<PluggablyException>(client.listProviderKeys);
      expect(
        [for (final request in recorder.requests) target(request).$1],
        ['/v1/users/tokens', '/v1/users/provider-keys'],
      );
    },
  );

  test(
    'session helpers call the endpoints of sessions',
    req: ['SYS-REQ-024', 'TEST-UNIT-007'],
    () async {
      final session = {
        'id': 'ses_1',
        'status': 'active',
        'created_at': '2026-01-02T03:04:05Z',
        'last_used_at': '2026-01-02T03:04:05Z',
        'message_count': 0,
      };
      final recorder = Recorder([Answer.json(session)]);
      await recorded(recorder).sessions.run(
        title: 'A trip',
        systemPrompt: 'Be brief.',
        (chat) async {
          await thrown<UnexpectedReplyException>(() => chat.generate('Hello'));
          await chat.reset();
          await chat.update(title: 'Another');
        },
      );
      expect(
        [
          for (final request in recorder.requests)
            '${request.method} ${target(request).$1}',
        ],
        [
          'POST /v1/sessions',
          'POST /v1/sessions/ses_1/generate',
          'POST /v1/sessions/ses_1/reset',
          'PATCH /v1/sessions/ses_1',
          'DELETE /v1/sessions/ses_1',
        ],
      );
      expect(jsonDecode(utf8.decode(recorder.requests.first.body!)), {
        'title': 'A trip',
        'system_prompt': 'Be brief.',
      });
      expect(jsonDecode(utf8.decode(recorder.requests[1].body!)), {
        'input': {'prompt': 'Hello'},
      });
    },
  );

  test('a session is closed also when its body fails', () async {
    final recorder = Recorder([
      Answer.json({
        'id': 'ses_1',
        'status': 'active',
        'created_at': '2026-01-02T03:04:05Z',
        'last_used_at': '2026-01-02T03:04:05Z',
        'message_count': 0,
      }),
    ]);
    await thrown<StateError>(
      () => recorded(recorder).sessions.run((_) => throw StateError('no')),
    );
    expect(recorder.last.method, 'DELETE');
  });

  test('pages are fetched as they are used up', () async {
    final recorder = Recorder([
      Answer.json({
        'users': [
          {
            'id': 'usr_1',
            'role': 'admin',
            'disabled': false,
            'created_at': '2026-01-02T03:04:05Z',
          },
        ],
        'next_cursor': 'c 2',
      }),
      Answer.json({
        'users': [
          {
            'id': 'usr_2',
            'role': 'user',
            'disabled': true,
            'created_at': '2026-01-02T03:04:05Z',
          },
        ],
        'next_cursor': null,
      }),
    ]);
    final first = await recorded(recorder).allUsers().first;
    expect(first.id, 'usr_1');
    expect(recorder.requests.length, 1);
    recorder.requests.clear();
    final users = await recorded(recorder).allUsers().toList();
    expect([for (final user in users) user.id], ['usr_1', 'usr_2']);
    expect(recorder.last.url.queryParameters, {'cursor': 'c 2'});
  });

  test('a login replaces the key until logout', () async {
    final recorder = Recorder([
      Answer.json({
        'token': 'jwt',
        'token_type': 'bearer',
        'expires_at': '2026-01-02T03:04:05Z',
        'user': {
          'id': 'usr_1',
          'role': 'user',
          'preferred_models': <String, Object?>{},
          'preferences': <String, Object?>{},
          'created_at': '2026-01-02T03:04:05Z',
        },
      }),
      Answer.json({'status': 'ok'}),
      const Answer(204),
      Answer.json({'status': 'ok'}),
    ]);
    final client = recorded(recorder);
    expect((await client.login(username: 'ada', password: 'p')).token, 'jwt');
    await client.health();
    expect(recorder.last.headers['authorization'], 'Bearer jwt');
    check(!recorder.last.headers.containsKey('x-api-key'));
    await client.logout();
    await client.health();
    check(!recorder.last.headers.containsKey('authorization'));
    expect(recorder.last.headers['x-api-key'], 'pgk_test');
  });

  test('what is no address of a server is refused at once', () async {
    for (final url in ['', 'gateway', 'ftp://gateway', 'http://']) {
      await thrown<ArgumentError>(() => Pluggably(url));
    }
  });

  test('data URLs are read, and bad ones are no crash', () async {
    final file = MediaFile.fromDataUrl('data:image/png;base64,AQID');
    expect(file.mediaType, 'image/png');
    expect(file.bytes, [1, 2, 3]);
    expect(file.dataUrl, 'data:image/png;base64,AQID');
    await thrown<UnexpectedReplyException>(
      () => MediaFile.fromDataUrl('data:image/png;base64,*'),
    );
  });

  runTests();
}

String asStream(List<Map<String, Object?>> events) => [
  ': a comment\n\n',
  for (final event in events)
    'event: ${event['name']}\nid: ${event['id']}\n'
        'data: ${jsonEncode(event['data'])}\n\n',
  'data: [DONE]\n\n',
].join();

Future<void> replay(String name, Map<String, Object?> exchange) async {
  final about = '$name: ${exchange['name']}';
  final request = exchange['request']! as Map<String, Object?>;
  final status = exchange['status']! as int;
  final response = exchange['response'];
  final recorder = Recorder([
    Answer(
      status,
      body: response is String
          ? response
          : response == null
          ? ''
          : jsonEncode(response),
      headers: {
        'content-type': response is String
            ? 'text/plain'
            : 'application/json; charset=utf-8',
      },
    ),
  ]);
  final asked = Asked(request);
  final client = recorded(recorder);
  if (status >= 400 && name != 'ready') {
    // Most of these requests can't be written with this client's types.
    final Described(:method, :path) = described[name]!;
    final call = Call(method, path, body: request['body']);
    final error = await thrown<PluggablyApiException>(
      () => client.connection.send(call),
    );
    expect(error.status, status, about);
    if (response != null) {
      final envelope = {'error': (response as Map<String, Object?>)['error']};
      expect(error.toJson(), withoutNulls(envelope), about);
    }
    return;
  }
  var result = written(await operations[name]!(client, asked));
  if (result is String && response is Map) result = jsonDecode(result);
  final sent = recorder.requests.single;
  final (path, query) = target(sent);
  expect(sent.method, described[name]!.method, about);
  expect(path, filled(described[name]!.path, asked.path), about);
  expect(query, {
    for (final MapEntry(:key, :value) in asked.query.entries) key: '$value',
  }, about);
  final body = request['body'];
  if (asked.files.isEmpty && sent.headers['content-type'] != null) {
    if (sent.headers['content-type'] == 'application/json') {
      expect(
        withoutDefaults(withoutNulls(recorder.lastBody)),
        withoutDefaults(withoutNulls(body ?? const <String, Object?>{})),
        about,
      );
    }
  } else if (asked.files.isEmpty) {
    check(
      body == null || (body as Map).isEmpty,
      '$about: the body $body was not sent',
    );
  }
  if (response != null && result is! bool) {
    expect(withoutNulls(result), withoutNulls(response), about);
  }
}

/// Without what the server takes as given where it is absent.
Object? withoutDefaults(Object? body) => switch (body) {
  Map() => {
    for (final MapEntry(:key, :value) in body.entries)
      if (!(defaults.containsKey(key) && defaults[key] == value)) key: value,
  },
  _ => body,
};

const defaults = {
  'wait': false,
  'force': false,
  'dry_run': false,
  'use_defaults': true,
};
