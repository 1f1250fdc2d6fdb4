/// What can go wrong between this client and its server.
library;

import 'json.dart';

part 'error_codes.dart';

/// Any failure of this client.
sealed class PluggablyException implements Exception {
  const PluggablyException();

  /// For people.
  String get message;

  @override
  String toString() => '$runtimeType: $message';
}

/// The server could not be reached, or the connection broke.
base class ConnectionException extends PluggablyException {
  const ConnectionException(this.message);

  @override
  final String message;
}

/// Nothing answers at the address; the request was not sent.
final class ServerNotFoundException extends ConnectionException {
  const ServerNotFoundException(super.message);
}

/// The server took longer than the time-out allows.
final class TimedOutException extends ConnectionException {
  const TimedOutException(super.message, {this.sent = true});

  /// Whether the request may have reached the server.
  final bool sent;
}

/// A stream ended before its answer was complete.
final class StreamCutException extends ConnectionException {
  const StreamCutException(super.message);
}

/// What answered does not speak like a Pluggably server.
final class UnexpectedReplyException extends PluggablyException {
  const UnexpectedReplyException(this.message);

  @override
  final String message;
}

/// What an error's envelope tells.
final class ErrorFacts extends Model {
  const ErrorFacts({
    required this.code,
    required this.message,
    this.type,
    this.status,
    this.param,
    this.details,
    this.requestId,
    this.retryAfter,
  });

  /// Reads the inside of the envelope.
  factory ErrorFacts.fromJson(Map<String, Object?> json, {int? status}) =>
      ErrorFacts(
        code: readOr(json, 'code', asString, 'unknown'),
        message: readOr(
          json,
          'message',
          asString,
          'The server gave no message.',
        ),
        type: maybe(json, 'type', asString),
        status: status,
        param: maybe(json, 'param', asString),
        details: maybe(json, 'details', asMap),
        requestId: maybe(json, 'request_id', asString),
        retryAfter: switch (maybe(json, 'retry_after', asNumber)) {
          final seconds? => Duration(microseconds: (seconds * 1e6).round()),
          null => null,
        },
      );

  final String code;
  final String message;
  final String? type;

  /// The HTTP status; null for an error inside a stream, a job or a request.
  final int? status;

  final String? param;
  final Map<String, Object?>? details;
  final String? requestId;
  final Duration? retryAfter;

  @override
  Map<String, Object?> toJson() => {
    'code': code,
    if (type case final value?) 'type': value,
    'message': message,
    if (param case final value?) 'param': value,
    if (details case final value?) 'details': value,
    if (requestId case final value?) 'request_id': value,
    if (retryAfter case final value?)
      'retry_after': value.inMicroseconds / 1e6,
  };
}

/// The server refused or failed; there is a class for each code.
sealed class PluggablyApiException extends PluggablyException {
  const PluggablyApiException(this.facts);

  /// The exception of the code; for a code that is not known, that of the type,
  /// else that of the HTTP status.
  factory PluggablyApiException.of(ErrorFacts facts) {
    final make = _byCode[facts.code] ?? _byType[facts.type];
    if (make != null) return make(facts);
    return switch (facts.status) {
      401 => AuthenticationException(facts),
      402 => CreditsException(facts),
      403 => PermissionException(facts),
      404 || 410 => NotFoundException(facts),
      409 => ConflictException(facts),
      429 => RateLimitException(facts),
      502 || 504 => ProviderException(facts),
      503 || 507 => UnavailableException(facts),
      final status? when status < 500 => InvalidRequestException(facts),
      _ => ServerException(facts),
    };
  }

  /// Reads the envelope, `{"error": {…}}`.
  factory PluggablyApiException.fromJson(
    Map<String, Object?> json, {
    int? status,
  }) => PluggablyApiException.of(
    read(
      json,
      'error',
      asModel((error) => ErrorFacts.fromJson(error, status: status)),
    ),
  );

  final ErrorFacts facts;

  /// Stable; what a program may switch on, beside the class.
  String get code => facts.code;

  /// The family of errors.
  String? get type => facts.type;

  /// The HTTP status; null for an error inside a stream, a job or a request.
  int? get status => facts.status;

  /// The field of the request that is wrong.
  String? get param => facts.param;

  Map<String, Object?>? get details => facts.details;

  /// What to name when asking the operator.
  String? get requestId => facts.requestId;

  /// How long the server asks to wait.
  Duration? get retryAfter => facts.retryAfter;

  @override
  String get message => facts.message;

  /// The envelope.
  Map<String, Object?> toJson() => {'error': facts.toJson()};

  @override
  String toString() => '$runtimeType: $message ($code)';
}

typedef _Make = PluggablyApiException Function(ErrorFacts facts);
