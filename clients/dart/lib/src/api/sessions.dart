/// Sessions: chats that the server keeps.
library;

import 'dart:async';

import '../connection.dart';
import '../events.dart';
import '../models.dart';
import 'base.dart';
import 'generation.dart';

/// `client.sessions`.
final class SessionsApi implements Api {
  const SessionsApi(this.connection);

  @override
  final Connection connection;

  /// A new session.
  Future<Session> create({String? title, String? systemPrompt}) =>
      connection.json(
        Call(
          'POST',
          '/v1/sessions',
          body: SessionBody(title: title, systemPrompt: systemPrompt).toJson(),
        ),
        Session.fromJson,
      );

  /// A new session, to generate in.
  Future<ChatSession> start({String? title, String? systemPrompt}) async {
    final session = await create(title: title, systemPrompt: systemPrompt);
    return use(session.id);
  }

  /// The session [id], to generate in; nothing is sent.
  ChatSession use(String id) => ChatSession(this, id);

  /// A new session for as long as [body] runs; it is closed after that, whatever
  /// happens.
  Future<T> run<T>(
    FutureOr<T> Function(ChatSession session) body, {
    String? title,
    String? systemPrompt,
  }) async {
    final session = await start(title: title, systemPrompt: systemPrompt);
    try {
      return await body(session);
    } finally {
      await session.close();
    }
  }

  /// A page of sessions, newest first; [q] is what their titles hold.
  Future<SessionList> list({
    SessionStatus? status,
    String? q,
    int? limit,
    String? cursor,
  }) => connection.json(
    Call(
      'GET',
      '/v1/sessions',
      query: {'status': status, 'q': q, 'limit': limit, 'cursor': cursor},
    ),
    SessionList.fromJson,
  );

  /// The sessions of all pages.
  Stream<Session> all({SessionStatus? status, String? q}) => paged((
    cursor,
  ) async {
    final page = await list(status: status, q: q, cursor: cursor);
    return (page.sessions, page.nextCursor);
  });

  /// A session with a page of its messages, the newest page first.
  Future<SessionDetail> get(String id, {int? limit, String? cursor}) =>
      connection.json(
        Call('GET', _path(id), query: {'limit': limit, 'cursor': cursor}),
        SessionDetail.fromJson,
      );

  /// All messages of a session, in order.
  Future<List<SessionMessage>> messages(String id) async {
    final found = <SessionMessage>[];
    String? cursor;
    do {
      final page = await get(id, cursor: cursor);
      found.insertAll(0, page.messages);
      cursor = page.nextCursor;
    } while (cursor != null);
    return found;
  }

  /// Changes what is given.
  Future<Session> update(String id, {String? title, String? systemPrompt}) =>
      _change('PATCH', id, title, systemPrompt);

  /// Changes what is given, with the method `PUT`.
  Future<Session> put(String id, {String? title, String? systemPrompt}) =>
      _change('PUT', id, title, systemPrompt);

  /// Closes a session; it can still be read.
  Future<Session> close(String id) =>
      connection.json(Call('DELETE', _path(id)), Session.fromJson);

  /// Erases a session and its messages.
  Future<void> purge(String id) async {
    await connection.send(
      Call('DELETE', _path(id), query: const {'purge': true}),
    );
  }

  /// Forgets the messages and the state.
  Future<Session> reset(String id) =>
      connection.json(Call('POST', '${_path(id)}/reset'), Session.fromJson);

  /// Generates in a session and waits for the whole answer.
  Future<GenerateResponse> generate(String id, GenerateRequest request) =>
      use(id).generateFrom(request);

  /// Generates in a session and tells what happens meanwhile.
  Stream<StreamEvent> stream(String id, GenerateRequest request) =>
      use(id).streamFrom(request);

  /// Another answer in the place of the last one, or of that of [messageId];
  /// with [prompt] the prompt is replaced too.
  Future<GenerateResponse> regenerate(
    String id, {
    String? messageId,
    String? prompt,
    String? model,
    Map<String, Object?>? parameters,
    String? requestId,
  }) => connection.json(
    generating(
      '${_path(id)}/regenerate',
      _regenerate(messageId, prompt, model, parameters),
      requestId,
    ),
    GenerateResponse.fromJson,
  );

  /// What [regenerate] does, telling what happens meanwhile.
  Stream<StreamEvent> regenerateStream(
    String id, {
    String? messageId,
    String? prompt,
    String? model,
    Map<String, Object?>? parameters,
    String? requestId,
  }) => answerEvents(
    connection,
    generating(
      '${_path(id)}/regenerate',
      {..._regenerate(messageId, prompt, model, parameters), 'stream': true},
      requestId,
      stream: true,
    ),
  );

  /// The whole session, as `json` or `markdown`.
  Future<String> export(String id, {String? format}) async {
    final reply = await connection.send(
      Call(
        'GET',
        '${_path(id)}/export',
        query: {'format': format},
        accept: '*/*',
      ),
    );
    return reply.text;
  }

  Future<Session> _change(
    String method,
    String id,
    String? title,
    String? systemPrompt,
  ) => connection.json(
    Call(
      method,
      _path(id),
      body: SessionBody(title: title, systemPrompt: systemPrompt).toJson(),
    ),
    Session.fromJson,
  );

  Map<String, Object?> _regenerate(
    String? messageId,
    String? prompt,
    String? model,
    Map<String, Object?>? parameters,
  ) => RegenerateRequest(
    messageId: messageId,
    prompt: prompt,
    model: model,
    parameters: parameters,
  ).toJson();
}

/// One session to generate in: `generate`, `stream` and `submit` go on with it.
final class ChatSession with Generating {
  ChatSession(this._sessions, this.id);

  final SessionsApi _sessions;
  final String id;

  @override
  Connection get connection => _sessions.connection;

  @override
  String get generatePath => '${_path(id)}/generate';

  /// The session with a page of its messages.
  Future<SessionDetail> get({int? limit, String? cursor}) =>
      _sessions.get(id, limit: limit, cursor: cursor);

  /// All messages, in order.
  Future<List<SessionMessage>> messages() => _sessions.messages(id);

  /// Changes what is given.
  Future<Session> update({String? title, String? systemPrompt}) =>
      _sessions.update(id, title: title, systemPrompt: systemPrompt);

  /// Another answer in the place of the last one, or of that of [messageId];
  /// with [prompt] the prompt is replaced too.
  Future<GenerateResponse> regenerate({
    String? messageId,
    String? prompt,
    String? model,
    Map<String, Object?>? parameters,
    String? requestId,
  }) => _sessions.regenerate(
    id,
    messageId: messageId,
    prompt: prompt,
    model: model,
    parameters: parameters,
    requestId: requestId,
  );

  /// What [regenerate] does, telling what happens meanwhile.
  Stream<StreamEvent> regenerateStream({
    String? messageId,
    String? prompt,
    String? model,
    Map<String, Object?>? parameters,
    String? requestId,
  }) => _sessions.regenerateStream(
    id,
    messageId: messageId,
    prompt: prompt,
    model: model,
    parameters: parameters,
    requestId: requestId,
  );

  /// Forgets the messages and the state.
  Future<Session> reset() => _sessions.reset(id);

  /// Closes the session; it can still be read.
  Future<Session> close() => _sessions.close(id);

  /// Erases the session and its messages.
  Future<void> purge() => _sessions.purge(id);

  /// The whole session, as `json` or `markdown`.
  Future<String> export({String? format}) =>
      _sessions.export(id, format: format);
}

String _path(String id) => '/v1/sessions/${segment(id)}';
