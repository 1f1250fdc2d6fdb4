/// The transport where there is `dart:io`.
library;

import 'dart:async';
import 'dart:io';

import '../errors.dart';
import 'transport.dart';

/// Requests through an [HttpClient].
final class IoTransport implements Transport {
  /// [client] for a proxy or a certificate of one's own.
  IoTransport({HttpClient? client}) : _client = client ?? HttpClient();

  final HttpClient _client;

  @override
  Future<TransportResponse> send(TransportRequest request) async {
    final outgoing = await _connect(request);
    unawaited(request.aborted?.then((_) => outgoing.abort()));
    try {
      outgoing.followRedirects = false;
      request.headers.forEach(outgoing.headers.set);
      final body = request.body;
      if (body != null) {
        outgoing.contentLength = body.length;
        outgoing.add(body);
      }
      final incoming = await outgoing.close();
      final headers = <String, String>{};
      incoming.headers.forEach(
        (name, values) => headers[name.toLowerCase()] = values.join(', '),
      );
      return TransportResponse(
        status: incoming.statusCode,
        headers: headers,
        body: incoming.handleError(
          (Object error) => throw ConnectionException(
            'The connection to ${request.url.origin} broke ($error).',
          ),
        ),
      );
    } on IOException catch (error) {
      throw ConnectionException(
        'The connection to ${request.url.origin} broke ($error).',
      );
    }
  }

  Future<HttpClientRequest> _connect(TransportRequest request) async {
    final origin = request.url.origin;
    var waiting = true;
    final connecting = _client.openUrl(request.method, request.url);
    final given = Completer<HttpClientRequest>();
    void fail(PluggablyException error) {
      if (!waiting) return;
      waiting = false;
      given.completeError(error);
    }

    final limit = request.connectTimeout;
    final timer = limit == null
        ? null
        : Timer(
            limit,
            () => fail(
              TimedOutException(
                'No connection to $origin within $limit.',
                sent: false,
              ),
            ),
          );
    unawaited(
      request.aborted?.then(
        (_) => fail(ConnectionException('The request to $origin was given up.')),
      ),
    );
    unawaited(
      connecting.then(
        (outgoing) {
          if (!waiting) return outgoing.abort();
          waiting = false;
          given.complete(outgoing);
        },
        onError: (Object error) => fail(
          switch (error) {
            TlsException() => ConnectionException(
              'No safe connection to $origin ($error).',
            ),
            _ => ServerNotFoundException(
              'No server answers at $origin ($error).',
            ),
          },
        ),
      ),
    );
    try {
      return await given.future;
    } finally {
      timer?.cancel();
    }
  }

  @override
  void close() => _client.close(force: true);
}

/// What the platform has.
Transport platformTransport() => IoTransport();
