/// The server itself.
library;

import '../connection.dart';
import '../models.dart';
import 'base.dart';

/// What concerns the server as a whole.
mixin OperationsApi implements Api {
  /// Whether the server lives.
  Future<Health> health() =>
      connection.json(const Call('GET', '/health'), Health.fromJson);

  /// [health] without a body.
  Future<bool> isAlive() async =>
      (await connection.send(const Call('HEAD', '/health'))).status == 200;

  /// Whether the server can serve: `status` is `ready` or `not_ready`, `checks`
  /// tell why.
  Future<Readiness> ready() => connection.json(
    const Call('GET', '/ready', also: {503}),
    Readiness.fromJson,
  );

  /// [ready] without a body.
  Future<bool> isReady() async {
    final reply = await connection.send(
      const Call('HEAD', '/ready', also: {503}),
    );
    return reply.status == 200;
  }

  /// Which version runs.
  Future<Version> version() =>
      connection.json(const Call('GET', '/v1/version'), Version.fromJson);

  /// What this server can do, so that an app shows only that.
  Future<Features> features() =>
      connection.json(const Call('GET', '/v1/features'), Features.fromJson);

  /// Metrics, in the format of Prometheus.
  Future<String> metrics() async =>
      (await connection.send(const Call('GET', '/metrics', accept: '*/*'))).text;

  /// Who may answer, and which credentials they take.
  Future<ProviderList> listProviders() => connection.json(
    const Call('GET', '/v1/providers'),
    ProviderList.fromJson,
  );

  /// Tokens, cost, requests and errors, per model, user or day; with [everyone]
  /// those of all users (admins).
  Future<UsageReport> usage({
    UsageGrouping? groupBy,
    DateTime? since,
    DateTime? until,
    bool? everyone,
    int? limit,
  }) => connection.json(
    Call(
      'GET',
      '/v1/usage',
      query: {
        'group_by': groupBy,
        'since': since,
        'until': until,
        'everyone': everyone,
        'limit': limit,
      },
    ),
    UsageReport.fromJson,
  );

  /// A page of who did what, newest first.
  Future<AuditList> audit({
    String? actorId,
    String? targetId,
    String? action,
    int? limit,
    String? cursor,
  }) => connection.json(
    Call(
      'GET',
      '/v1/audit',
      query: {
        'actor_id': actorId,
        'target_id': targetId,
        'action': action,
        'limit': limit,
        'cursor': cursor,
      },
    ),
    AuditList.fromJson,
  );

  /// The entries of all pages.
  Stream<AuditEntry> allAudit({
    String? actorId,
    String? targetId,
    String? action,
  }) => paged((cursor) async {
    final page = await audit(
      actorId: actorId,
      targetId: targetId,
      action: action,
      cursor: cursor,
    );
    return (page.audit, page.nextCursor);
  });

  /// What model files take on the server's disk.
  Future<Storage> storage() =>
      connection.json(const Call('GET', '/v1/storage'), Storage.fromJson);

  /// What [cleanStorage] would remove.
  Future<CleanupPlan> planCleanup() => connection.json(
    Call(
      'POST',
      '/v1/storage/clean',
      body: const CleanRequest(dryRun: true).toJson(),
    ),
    CleanupPlan.fromJson,
  );

  /// Removes files that nobody needs, in the background.
  Future<Job> cleanStorage() => connection.json(
    Call('POST', '/v1/storage/clean', body: const CleanRequest().toJson()),
    Job.fromJson,
  );
}
