/// Routes that take and give what OpenAI and Anthropic document.
library;

import 'dart:convert';

import '../connection.dart';
import '../json.dart';
import '../media.dart';
import 'base.dart';

/// An event of a vendor's stream.
typedef VendorEvent = ({String name, Map<String, Object?> data});

/// Bodies as a vendor documents them.
base class _Vendor implements Api {
  const _Vendor(this.connection);

  @override
  final Connection connection;

  Future<Map<String, Object?>> _post(String path, Object body) =>
      connection.json(_call(path, body), (json) => json);

  Stream<VendorEvent> _stream(String path, Object body) {
    final call = _call(
      path,
      body is Map<String, Object?> ? {...body, 'stream': true} : body,
      'text/event-stream',
    );
    return connection
        .events(call, raw: true)
        .map(
          (event) => connection.understood(
            call,
            () => (name: event.name, data: asMap(jsonDecode(event.data))),
          ),
        );
  }

  Call _call(
    String path,
    Object body, [
    String accept = 'application/json',
  ]) => Call('POST', path, body: body, slow: true, accept: accept);
}

/// `client.openai`.
final class OpenAIApi extends _Vendor {
  const OpenAIApi(super.connection);

  Future<Map<String, Object?>> chatCompletions(Map<String, Object?> body) =>
      _post('/v1/chat/completions', body);

  Stream<VendorEvent> chatCompletionsStream(Map<String, Object?> body) =>
      _stream('/v1/chat/completions', body);

  Future<Map<String, Object?>> completions(Map<String, Object?> body) =>
      _post('/v1/completions', body);

  Stream<VendorEvent> completionsStream(Map<String, Object?> body) =>
      _stream('/v1/completions', body);

  Future<Map<String, Object?>> embeddings(Map<String, Object?> body) =>
      _post('/v1/embeddings', body);

  Future<Map<String, Object?>> generateImages(Map<String, Object?> body) =>
      _post('/v1/images/generations', body);

  Stream<VendorEvent> generateImagesStream(Map<String, Object?> body) =>
      _stream('/v1/images/generations', body);

  /// Makes images of [images]; the transparent parts of [mask] say where the
  /// first one is to be changed. [fields] are those of the form.
  Future<Map<String, Object?>> editImages(
    Map<String, Object?> fields,
    List<MediaFile> images, {
    MediaFile? mask,
  }) => _post('/v1/images/edits', _images(fields, images, mask));

  Stream<VendorEvent> editImagesStream(
    Map<String, Object?> fields,
    List<MediaFile> images, {
    MediaFile? mask,
  }) => _stream(
    '/v1/images/edits',
    _images({...fields, 'stream': true}, images, mask),
  );

  /// A Pluggably server refuses it: see [editImages].
  Future<Map<String, Object?>> varyImages(MediaFile image) =>
      _post('/v1/images/variations', _images(const {}, [image], null));

  Future<Map<String, Object?>> responses(Map<String, Object?> body) =>
      _post('/v1/responses', body);

  Stream<VendorEvent> responsesStream(Map<String, Object?> body) =>
      _stream('/v1/responses', body);
}

Form _images(
  Map<String, Object?> fields,
  List<MediaFile> images,
  MediaFile? mask,
) => Form(fields, [
  for (final image in images) (images.length == 1 ? 'image' : 'image[]', image),
  if (mask != null) ('mask', mask),
]);

/// `client.anthropic`.
final class AnthropicApi extends _Vendor {
  const AnthropicApi(super.connection);

  Future<Map<String, Object?>> messages(Map<String, Object?> body) =>
      _post('/v1/messages', body);

  Stream<VendorEvent> messagesStream(Map<String, Object?> body) =>
      _stream('/v1/messages', body);

  Future<Map<String, Object?>> countTokens(Map<String, Object?> body) =>
      _post('/v1/messages/count_tokens', body);
}
