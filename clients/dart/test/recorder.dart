/// A transport that keeps what is sent and answers what it is told to.
library;

import 'dart:convert';
import 'dart:typed_data';

import 'package:pluggably_llm_client/pluggably_llm_client.dart';

/// One answer.
final class Answer {
  const Answer(this.status, {this.body = '', this.headers = const {}});

  Answer.json(Object? json, {this.status = 200, this.headers = const {}})
    : body = jsonEncode(json);

  final int status;
  final String body;
  final Map<String, String> headers;
}

/// Answers with [answers], one after the other, the last one for ever.
final class Recorder implements Transport {
  Recorder(this.answers);

  final List<Answer> answers;
  final List<TransportRequest> requests = [];

  TransportRequest get last => requests.last;

  Object? get lastBody =>
      last.body == null ? null : jsonDecode(utf8.decode(last.body!));

  @override
  Future<TransportResponse> send(TransportRequest request) async {
    final turn = requests.length;
    requests.add(request);
    final answer = answers[turn < answers.length ? turn : answers.length - 1];
    return TransportResponse(
      status: answer.status,
      headers: answer.headers,
      body: Stream.value(Uint8List.fromList(utf8.encode(answer.body))),
    );
  }

  @override
  void close() {}
}

/// A client that sends each request once.
Pluggably recorded(Recorder recorder, {Retries retries = Retries.none}) =>
    Pluggably(
      'http://gateway.test:8080/sub/',
      apiKey: 'pgk_test',
      transport: recorder,
      retries: retries,
    );
