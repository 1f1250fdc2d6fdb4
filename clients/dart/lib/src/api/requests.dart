/// Requests under way, and background requests.
library;

import '../connection.dart';
import '../errors.dart';
import '../events.dart';
import '../json.dart';
import '../models.dart';
import 'base.dart';
import 'generation.dart';

/// What concerns requests.
mixin RequestsApi implements Api {
  /// A page of one's own requests: with [active] those under way alone.
  Future<RequestList> listRequests({
    bool active = false,
    int? limit,
    String? cursor,
  }) => connection.json(
    Call(
      'GET',
      '/v1/requests',
      query: {
        'status': active ? 'active' : null,
        'limit': limit,
        'cursor': cursor,
      },
    ),
    RequestList.fromJson,
  );

  /// The requests of all pages.
  Stream<RequestStatus> allRequests({bool active = false}) => paged((
    cursor,
  ) async {
    final page = await listRequests(active: active, cursor: cursor);
    return (page.requests, page.nextCursor);
  });

  /// How far a request is, and the result of a background request.
  Future<RequestResult> getRequest(String requestId) => connection.json(
    Call('GET', '/v1/requests/${segment(requestId)}'),
    RequestResult.fromJson,
  );

  /// How far a request is.
  Future<RequestStatus> getRequestStatus(String requestId) => connection.json(
    Call('GET', '/v1/requests/${segment(requestId)}/status'),
    RequestStatus.fromJson,
  );

  /// Stops a request, whether it waits, loads or runs.
  Future<Cancellation> cancelRequest(String requestId) => connection.json(
    Call('POST', '/v1/requests/${segment(requestId)}/cancel'),
    Cancellation.fromJson,
  );

  /// The events of a background request [after] that number, and those to come;
  /// of another request its status at every change. A connection that breaks is
  /// taken up again where it broke.
  Stream<StreamEvent> watchRequest(String requestId, {int? after}) {
    var last = after;
    return resuming(
      () => answerEvents(
        connection,
        Call(
          'GET',
          '/v1/requests/${segment(requestId)}/events',
          accept: 'text/event-stream',
          headers: {if (last != null) 'last-event-id': '$last'},
        ),
      ).map((event) {
        last = event.number ?? last;
        return event;
      }),
      connection.retries,
    );
  }
}

/// The requests of a connection.
final class RequestsOf with RequestsApi {
  const RequestsOf(this.connection);

  @override
  final Connection connection;
}

/// A request that goes on by itself.
final class BackgroundRequest {
  const BackgroundRequest._(
    this._requests, {
    required this.requestId,
    required this.status,
    this.queuePosition,
  });

  factory BackgroundRequest.fromJson(
    Map<String, Object?> json,
    RequestsApi requests,
  ) => BackgroundRequest._(
    requests,
    requestId: read(json, 'request_id', asString),
    status: read(json, 'status', RequestState.fromJson),
    queuePosition: maybe(json, 'queue_position', asInt),
  );

  final RequestsApi _requests;
  final String requestId;

  /// What it was when it was taken.
  final RequestState status;

  /// 1 is next; null unless it waits.
  final int? queuePosition;

  /// Waits for the result; [onProgress] hears what happens meanwhile.
  ///
  /// Throws the exception that the request failed with.
  Future<GenerateResponse> wait({
    void Function(StreamEvent event)? onProgress,
  }) async {
    await for (final event in events()) {
      onProgress?.call(event);
      if (event is OutputEvent) return event.response;
    }
    // Kept by another process, which has the result but not the events.
    final found = await _requests.getRequest(requestId);
    if (found.result case final result?) return result;
    throw found.failure ??
        UnexpectedReplyException(
          'The request $requestId ended as ${found.status} without a result.',
        );
  }

  /// What has happened so far, and what happens.
  Stream<StreamEvent> events() => _requests.watchRequest(requestId);

  /// How far it is.
  Future<RequestStatus> state() => _requests.getRequestStatus(requestId);

  /// Stops it.
  Future<Cancellation> cancel() => _requests.cancelRequest(requestId);
}

/// Why a request failed.
extension FailureOfResult on RequestResult {
  PluggablyApiException? get failure => failureIn(error);
}

/// Why a request failed.
extension FailureOfRequest on RequestStatus {
  PluggablyApiException? get failure => failureIn(error);
}

/// Why a job failed.
extension FailureOfJob on Job {
  PluggablyApiException? get failure => failureIn(error);
}

/// The exception of an error that was kept.
PluggablyApiException? failureIn(Map<String, Object?>? error) => error == null
    ? null
    : PluggablyApiException.of(ErrorFacts.fromJson(error));
