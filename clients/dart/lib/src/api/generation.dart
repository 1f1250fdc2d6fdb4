/// Generating text, images and meshes.
library;

import 'dart:convert';
import 'dart:math';

import '../connection.dart';
import '../events.dart';
import '../json.dart';
import '../models.dart';
import '../sse.dart';
import 'base.dart';
import 'requests.dart';

/// What generates: the client itself, or a session.
mixin Generating implements Api {
  /// Where requests go.
  String get generatePath;

  /// Generates and waits for the whole answer.
  ///
  /// Give a [prompt] or [messages]. [images] and [mesh] are data URLs, http(s)
  /// addresses or `artifact:ID`. [modality] is needed only where neither [model]
  /// nor the input decides it. [parameters] are those of the model:
  /// `modelSchema` lists them. [fallback] is `default`, `wait`, `pinned` or a
  /// list of model ids. [requestId] names the request, for `cancelRequest`.
  Future<GenerateResponse> generate(
    String? prompt, {
    List<Message>? messages,
    List<String>? images,
    String? mesh,
    String? model,
    String? provider,
    Modality? modality,
    Map<String, Object?>? parameters,
    String? systemPrompt,
    String? sessionId,
    Map<String, Object?>? stateTokens,
    SelectionMode? selectionMode,
    Object? fallback,
    String? requestId,
  }) => generateFrom(
    GenerateRequest(
      input: GenerateInput(
        prompt: prompt,
        messages: messages,
        images: images,
        mesh: mesh,
      ),
      model: model,
      provider: provider,
      modality: modality,
      parameters: parameters,
      systemPrompt: systemPrompt,
      sessionId: sessionId,
      stateTokens: stateTokens,
      selectionMode: selectionMode,
      fallback: fallback,
    ),
    requestId: requestId,
  );

  /// Generates and tells what happens meanwhile; the last event is an
  /// [OutputEvent]. Cancelling the subscription cancels the request.
  ///
  /// Takes what [generate] takes.
  Stream<StreamEvent> stream(
    String? prompt, {
    List<Message>? messages,
    List<String>? images,
    String? mesh,
    String? model,
    String? provider,
    Modality? modality,
    Map<String, Object?>? parameters,
    String? systemPrompt,
    String? sessionId,
    Map<String, Object?>? stateTokens,
    SelectionMode? selectionMode,
    Object? fallback,
    String? requestId,
  }) => streamFrom(
    GenerateRequest(
      input: GenerateInput(
        prompt: prompt,
        messages: messages,
        images: images,
        mesh: mesh,
      ),
      model: model,
      provider: provider,
      modality: modality,
      parameters: parameters,
      systemPrompt: systemPrompt,
      sessionId: sessionId,
      stateTokens: stateTokens,
      selectionMode: selectionMode,
      fallback: fallback,
    ),
    requestId: requestId,
  );

  /// Generates in the background: the request goes on without this client, and
  /// its result is kept for a while.
  ///
  /// Takes what [generate] takes.
  Future<BackgroundRequest> submit(
    String? prompt, {
    List<Message>? messages,
    List<String>? images,
    String? mesh,
    String? model,
    String? provider,
    Modality? modality,
    Map<String, Object?>? parameters,
    String? systemPrompt,
    String? sessionId,
    Map<String, Object?>? stateTokens,
    SelectionMode? selectionMode,
    Object? fallback,
    String? requestId,
  }) => submitFrom(
    GenerateRequest(
      input: GenerateInput(
        prompt: prompt,
        messages: messages,
        images: images,
        mesh: mesh,
      ),
      model: model,
      provider: provider,
      modality: modality,
      parameters: parameters,
      systemPrompt: systemPrompt,
      sessionId: sessionId,
      stateTokens: stateTokens,
      selectionMode: selectionMode,
      fallback: fallback,
    ),
    requestId: requestId,
  );

  /// [generate] with a request that is there already.
  Future<GenerateResponse> generateFrom(
    GenerateRequest request, {
    String? requestId,
  }) => connection.json(
    generating(generatePath, request.toJson(), requestId),
    GenerateResponse.fromJson,
  );

  /// [stream] with a request that is there already.
  Stream<StreamEvent> streamFrom(
    GenerateRequest request, {
    String? requestId,
  }) => answerEvents(
    connection,
    generating(
      generatePath,
      {...request.toJson(), 'stream': true},
      requestId,
      stream: true,
    ),
  );

  /// [submit] with a request that is there already.
  Future<BackgroundRequest> submitFrom(
    GenerateRequest request, {
    String? requestId,
  }) => connection.json(
    generating(generatePath, {
      ...request.toJson(),
      'background': true,
    }, requestId),
    (json) => BackgroundRequest.fromJson(json, RequestsOf(connection)),
  );
}

/// The call that generates from [body]. It has a name that stays the same when
/// it is sent again.
Call generating(
  String path,
  Map<String, Object?> body,
  String? requestId, {
  bool stream = false,
}) => Call(
  'POST',
  path,
  body: body,
  slow: true,
  accept: stream ? 'text/event-stream' : 'application/json',
  headers: {'x-request-id': requestId ?? _newRequestId()},
);

/// The events of an answer that are known.
Stream<StreamEvent> answerEvents(Connection connection, Call call) =>
    connection
        .events(call)
        .map((event) => connection.understood(call, () => _event(event)))
        .where((event) => event != null)
        .cast<StreamEvent>();

StreamEvent? _event(ServerEvent event) => StreamEvent.of(
  event.name,
  asMap(jsonDecode(event.data)),
  number: int.tryParse(event.id ?? ''),
);

String _newRequestId() {
  final random = Random.secure();
  const signs = 'abcdefghijklmnopqrstuvwxyz0123456789';
  final name = List.generate(24, (_) => signs[random.nextInt(signs.length)]);
  return 'req_${name.join()}';
}
