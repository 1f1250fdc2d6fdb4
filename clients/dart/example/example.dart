/// A chat on the command line, with a gateway at `PLUGGABLY_URL`.
library;

import 'dart:io';

import 'package:pluggably_llm_client/pluggably_llm_client.dart';

Future<void> main() async {
  final client = Pluggably(
    Platform.environment['PLUGGABLY_URL'] ?? 'http://127.0.0.1:8080',
    apiKey: Platform.environment['PLUGGABLY_API_KEY'],
  );
  try {
    await client.sessions.run(title: 'On the command line', (chat) async {
      stdout.write('> ');
      for (
        var line = stdin.readLineSync();
        line != null && line.isNotEmpty;
        line = stdin.readLineSync()
      ) {
        await for (final event in chat.stream(
          line,
          parameters: {'max_tokens': 128},
        )) {
          switch (event) {
            case QueuedEvent(:final queuePosition):
              stdout.writeln('(number $queuePosition in the queue)');
            case LoadingEvent(:final model):
              stdout.writeln('($model is being loaded)');
            case DeltaEvent(:final text?):
              stdout.write(text);
            default:
          }
        }
        stdout.write('\n> ');
      }
    });
  } on PluggablyException catch (error) {
    stderr.writeln(error.message);
    exitCode = 1;
  } finally {
    client.close();
  }
}
