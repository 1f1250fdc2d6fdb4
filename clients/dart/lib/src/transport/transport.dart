/// What carries requests to the server.
library;

import 'dart:typed_data';

/// Sends requests. [IoTransport] and its counterpart for browsers are chosen by
/// the platform; one of your own may add a proxy, a log or a certificate.
abstract interface class Transport {
  /// Sends [request] and waits for the status and the headers of the answer.
  ///
  /// Throws `ServerNotFoundException` where the request was surely not sent,
  /// `TimedOutException` with `sent: false` where connecting took too long, and
  /// `ConnectionException` otherwise. Redirects are not followed: they would
  /// carry the key elsewhere.
  Future<TransportResponse> send(TransportRequest request);

  /// Ends all connections.
  void close();
}

/// A request.
final class TransportRequest {
  const TransportRequest({
    required this.method,
    required this.url,
    this.headers = const {},
    this.body,
    this.connectTimeout,
    this.aborted,
  });

  final String method;
  final Uri url;
  final Map<String, String> headers;
  final Uint8List? body;

  /// A browser knows none; there it counts within the other time-outs.
  final Duration? connectTimeout;

  /// Completes when nobody waits for the answer any more.
  final Future<void>? aborted;
}

/// The beginning of an answer.
final class TransportResponse {
  const TransportResponse({
    required this.status,
    required this.headers,
    required this.body,
  });

  final int status;

  /// With names in lower case.
  final Map<String, String> headers;

  /// To be listened to once; cancelling closes the connection.
  final Stream<List<int>> body;
}
