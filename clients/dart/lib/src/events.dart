/// What happens while an answer is made.
library;

import 'json.dart';
import 'models.dart';

/// An event of a stream. [number] counts from 1 within a request.
sealed class StreamEvent extends Model {
  const StreamEvent({this.number});

  /// The event [name] with its [data]; null for one that this client does not
  /// know: a newer server may send more.
  static StreamEvent? of(
    String name,
    Map<String, Object?> data, {
    int? number,
  }) => switch (name) {
    'selected' => SelectedEvent.fromJson(data, number: number),
    'queued' => QueuedEvent.fromJson(data, number: number),
    'loading' => LoadingEvent.fromJson(data, number: number),
    'delta' => DeltaEvent.fromJson(data, number: number),
    'progress' => ProgressEvent.fromJson(data, number: number),
    'output' => OutputEvent.fromJson(data, number: number),
    'status' => StatusEvent.fromJson(data, number: number),
    _ => null,
  };

  final int? number;

  /// What the server calls it.
  String get name;
}

/// A model was chosen; again where another one takes over.
final class SelectedEvent extends StreamEvent {
  const SelectedEvent({
    required this.requestId,
    required this.selection,
    super.number,
  });

  factory SelectedEvent.fromJson(Map<String, Object?> json, {int? number}) =>
      SelectedEvent(
        requestId: read(json, 'request_id', asString),
        selection: read(json, 'selection', asModel(Selection.fromJson)),
        number: number,
      );

  final String requestId;
  final Selection selection;

  @override
  String get name => 'selected';

  @override
  Map<String, Object?> toJson() => {
    'request_id': requestId,
    'selection': selection.toJson(),
  };
}

/// The request waits for its turn.
final class QueuedEvent extends StreamEvent {
  const QueuedEvent({
    required this.requestId,
    required this.queuePosition,
    this.etaS,
    super.number,
  });

  factory QueuedEvent.fromJson(Map<String, Object?> json, {int? number}) =>
      QueuedEvent(
        requestId: read(json, 'request_id', asString),
        queuePosition: read(json, 'queue_position', asInt),
        etaS: maybe(json, 'eta_s', asDouble),
        number: number,
      );

  final String requestId;

  /// 1 is next.
  final int queuePosition;

  /// Seconds.
  final double? etaS;

  @override
  String get name => 'queued';

  @override
  Map<String, Object?> toJson() => {
    'request_id': requestId,
    'queue_position': queuePosition,
    if (etaS case final value?) 'eta_s': value,
  };
}

/// The model is being loaded.
final class LoadingEvent extends StreamEvent {
  const LoadingEvent({required this.model, this.progressPct, super.number});

  factory LoadingEvent.fromJson(Map<String, Object?> json, {int? number}) =>
      LoadingEvent(
        model: read(json, 'model', asString),
        progressPct: maybe(json, 'progress_pct', asDouble),
        number: number,
      );

  final String model;

  /// 0 to 100, where it is known.
  final double? progressPct;

  @override
  String get name => 'loading';

  @override
  Map<String, Object?> toJson() => {
    'model': model,
    if (progressPct case final value?) 'progress_pct': value,
  };
}

/// A piece of a text answer.
final class DeltaEvent extends StreamEvent {
  const DeltaEvent({
    this.text,
    this.reasoning,
    this.toolCalls,
    this.logprobs,
    super.number,
  });

  factory DeltaEvent.fromJson(Map<String, Object?> json, {int? number}) =>
      DeltaEvent(
        text: maybe(json, 'text', asString),
        reasoning: maybe(json, 'reasoning', asString),
        toolCalls: maybe(json, 'tool_calls', asList(asMap)),
        logprobs: maybe(json, 'logprobs', asMap),
        number: number,
      );

  final String? text;

  /// A piece of what the model thinks before it answers.
  final String? reasoning;

  /// Pieces of calls, as OpenAI streams them.
  final List<Map<String, Object?>>? toolCalls;

  final Map<String, Object?>? logprobs;

  @override
  String get name => 'delta';

  @override
  Map<String, Object?> toJson() => {
    if (text case final value?) 'text': value,
    if (reasoning case final value?) 'reasoning': value,
    if (toolCalls case final value?) 'tool_calls': value,
    if (logprobs case final value?) 'logprobs': value,
  };
}

/// How far an image or a mesh is.
final class ProgressEvent extends StreamEvent {
  const ProgressEvent({
    this.progressPct,
    this.step,
    this.steps,
    this.preview,
    super.number,
  });

  factory ProgressEvent.fromJson(Map<String, Object?> json, {int? number}) =>
      ProgressEvent(
        progressPct: maybe(json, 'progress_pct', asDouble),
        step: maybe(json, 'step', asInt),
        steps: maybe(json, 'steps', asInt),
        preview: maybe(json, 'preview', asString),
        number: number,
      );

  /// 0 to 100.
  final double? progressPct;

  final int? step;
  final int? steps;

  /// A data URL.
  final String? preview;

  @override
  String get name => 'progress';

  @override
  Map<String, Object?> toJson() => {
    if (progressPct case final value?) 'progress_pct': value,
    if (step case final value?) 'step': value,
    if (steps case final value?) 'steps': value,
    if (preview case final value?) 'preview': value,
  };
}

/// The whole answer; the last event.
final class OutputEvent extends StreamEvent {
  const OutputEvent({required this.response, super.number});

  factory OutputEvent.fromJson(Map<String, Object?> json, {int? number}) =>
      OutputEvent(response: GenerateResponse.fromJson(json), number: number);

  final GenerateResponse response;

  @override
  String get name => 'output';

  @override
  Map<String, Object?> toJson() => response.toJson();
}

/// How far a request is that was not started in the background and is watched
/// from elsewhere.
final class StatusEvent extends StreamEvent {
  const StatusEvent({required this.status, super.number});

  factory StatusEvent.fromJson(Map<String, Object?> json, {int? number}) =>
      StatusEvent(status: RequestStatus.fromJson(json), number: number);

  final RequestStatus status;

  @override
  String get name => 'status';

  @override
  Map<String, Object?> toJson() => status.toJson();
}

/// Short cuts for a stream of events.
extension AnswerEvents on Stream<StreamEvent> {
  /// The pieces of the text alone.
  Stream<String> get text => where(
    (event) => event is DeltaEvent && event.text != null,
  ).map((event) => (event as DeltaEvent).text!);

  /// The whole answer, once it is there.
  Future<GenerateResponse> get response async =>
      (await firstWhere((event) => event is OutputEvent) as OutputEvent)
          .response;
}
