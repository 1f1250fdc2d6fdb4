/// Jobs: downloads and cleanups.
library;

import 'dart:convert';

import '../connection.dart';
import '../errors.dart';
import '../json.dart';
import '../models.dart';
import 'base.dart';
import 'requests.dart';

/// What concerns jobs.
mixin JobsApi implements Api {
  /// A page of jobs, newest first.
  Future<JobList> listJobs({int? limit, String? cursor}) => connection.json(
    Call('GET', '/v1/jobs', query: {'limit': limit, 'cursor': cursor}),
    JobList.fromJson,
  );

  /// The jobs of all pages.
  Stream<Job> allJobs() => paged((cursor) async {
    final page = await listJobs(cursor: cursor);
    return (page.jobs, page.nextCursor);
  });

  /// How far a job is.
  Future<Job> getJob(String jobId) => connection.json(
    Call('GET', '/v1/jobs/${segment(jobId)}'),
    Job.fromJson,
  );

  /// Cancels a job; one that has ended stays as it is.
  Future<Job> cancelJob(String jobId) => connection.json(
    Call('DELETE', '/v1/jobs/${segment(jobId)}'),
    Job.fromJson,
  );

  /// The job now and at every change, until it has ended. A connection that
  /// breaks is taken up again.
  Stream<Job> watchJob(String jobId) {
    final call = Call(
      'GET',
      '/v1/jobs/${segment(jobId)}/events',
      accept: 'text/event-stream',
    );
    return resuming(
      () => connection
          .events(call)
          .where((event) => event.name == 'status')
          .map(
            (event) => connection.understood(
              call,
              () => Job.fromJson(asMap(jsonDecode(event.data))),
            ),
          ),
      connection.retries,
    );
  }

  /// Waits until a job has completed; [onProgress] hears how far it is.
  ///
  /// Throws the exception that it failed with; a job that was cancelled comes
  /// back as it is.
  Future<Job> waitForJob(
    String jobId, {
    void Function(Job job)? onProgress,
  }) async {
    Job? last;
    await for (final job in watchJob(jobId)) {
      onProgress?.call(job);
      last = job;
    }
    final job = last ?? await getJob(jobId);
    if (job.status == JobStatus.failed) {
      throw job.failure ??
          UnexpectedReplyException('The job $jobId failed without saying why.');
    }
    return job;
  }
}
