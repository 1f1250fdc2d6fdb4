/// Server-sent events.
///
/// Source of the format:
/// https://html.spec.whatwg.org/multipage/server-sent-events.html
library;

import 'dart:async';
import 'dart:convert';

/// One event as it came over the wire.
final class ServerEvent {
  const ServerEvent({required this.name, required this.data, this.id});

  /// Empty where the server gave none.
  final String name;

  final String data;

  final String? id;
}

/// Turns chunks, cut anywhere, into events. Comments are dropped; an event that
/// is not complete when the chunks end is dropped too.
///
/// Nothing here is `async*`: cancelling goes straight through to the source.
Stream<ServerEvent> serverEvents(Stream<List<int>> chunks) {
  final data = <String>[];
  var name = '';
  String? id;
  return chunks
      .cast<List<int>>()
      .transform(const Utf8Decoder(allowMalformed: true))
      .transform(const LineSplitter())
      .transform(
        StreamTransformer.fromHandlers(
          handleData: (line, sink) {
            if (line.isEmpty) {
              if (data.isNotEmpty) {
                sink.add(ServerEvent(name: name, data: data.join('\n'), id: id));
              }
              name = '';
              data.clear();
              return;
            }
            final colon = line.indexOf(':');
            final field = colon < 0 ? line : line.substring(0, colon);
            var value = colon < 0 ? '' : line.substring(colon + 1);
            if (value.startsWith(' ')) value = value.substring(1);
            switch (field) {
              case 'data':
                data.add(value);
              case 'event':
                name = value;
              case 'id':
                id = value;
            }
          },
        ),
      );
}
