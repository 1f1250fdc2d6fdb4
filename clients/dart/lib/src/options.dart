/// How long to wait, and how often to try.
library;

import 'dart:math';

import 'errors.dart';

/// Four time-outs.
final class Timeouts {
  const Timeouts({
    this.connect = const Duration(seconds: 5),
    this.read = const Duration(seconds: 30),
    this.generate = const Duration(minutes: 30),
    this.idle = const Duration(minutes: 1),
  });

  /// Until there is a connection.
  final Duration connect;

  /// Until an ordinary answer begins, and between its parts.
  final Duration read;

  /// The same where the answer comes in one piece once it is generated, or once
  /// a model is loaded.
  final Duration generate;

  /// Silence within a stream or a download; the server sends a sign of life at
  /// least every 15 seconds.
  final Duration idle;
}

/// When a request is sent again.
///
/// Anything is that surely did not start: no connection, 429, or 503 with
/// `Retry-After`. GET, HEAD, PUT and DELETE also are after another 503, 502, 504
/// or a broken connection. Never once an answer has begun.
final class Retries {
  const Retries({
    this.max = 2,
    this.first = const Duration(milliseconds: 500),
    this.longest = const Duration(seconds: 30),
  });

  /// Every request is sent once.
  static const none = Retries(max: 0);

  /// How often at most, beside the first time.
  final int max;

  /// The wait before the first; it doubles each time, less up to a half by
  /// chance.
  final Duration first;

  /// Where the server asks for a longer wait, the error comes at once.
  final Duration longest;

  /// How long to wait before trying again after [tries] of them; null: not.
  Duration? wait(
    PluggablyException error, {
    required int tries,
    required bool repeatable,
    required bool allowed,
    Random? random,
  }) {
    if (tries > max || !allowed) return null;
    final again = switch (error) {
      ServerNotFoundException() => true,
      TimedOutException(:final sent) => !sent,
      StreamCutException() => false,
      ConnectionException() => repeatable,
      PluggablyApiException(status: 429) => true,
      PluggablyApiException(status: 503, :final retryAfter) =>
        repeatable || retryAfter != null,
      PluggablyApiException(status: 502 || 504) => repeatable,
      _ => false,
    };
    if (!again) return null;
    final backoff =
        first *
        (1 << (tries - 1)) *
        (1 - (random ?? Random()).nextDouble() / 2);
    final asked = error is PluggablyApiException ? error.retryAfter : null;
    if (asked != null && asked > longest) return null;
    final wait = asked == null || asked < backoff ? backoff : asked;
    return wait > longest ? longest : wait;
  }
}
