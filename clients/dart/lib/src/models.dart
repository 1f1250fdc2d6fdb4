// Made by `python -m scripts.generate`: do not edit.
/// What the server takes and gives.
library;

import 'json.dart';

/// A background request was taken; its result will be at `GET
/// /v1/requests/{request_id}`.
final class Accepted extends Model {
  const Accepted({
    required this.requestId,
    required this.status,
    this.queuePosition,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Accepted.fromJson(Map<String, Object?> json) => Accepted(
    requestId: read(json, 'request_id', asString),
    status: read(json, 'status', asString),
    queuePosition: maybe(json, 'queue_position', asInt),
  );

  final String requestId;

  /// One of `pending`, `queued`, `running`.
  final String status;

  final int? queuePosition;

  @override
  Map<String, Object?> toJson() => {
    'request_id': requestId,
    'status': status,
    if (queuePosition case final value?) 'queue_position': value,
  };

  /// A copy in which what is given replaces what is here.
  Accepted copyWith({
    String? requestId,
    String? status,
    int? queuePosition,
  }) => Accepted(
    requestId: requestId ?? this.requestId,
    status: status ?? this.status,
    queuePosition: queuePosition ?? this.queuePosition,
  );
}

/// An output that is fetched by its address.
final class Artifact extends Model {
  const Artifact({
    required this.expiresAt,
    required this.id,
    required this.mediaType,
    required this.sizeBytes,
    required this.type,
    required this.url,
    this.faces,
    this.height,
    this.previewUrl,
    this.vertices,
    this.width,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Artifact.fromJson(Map<String, Object?> json) => Artifact(
    expiresAt: read(json, 'expires_at', asTime),
    id: read(json, 'id', asString),
    mediaType: read(json, 'media_type', asString),
    sizeBytes: read(json, 'size_bytes', asInt),
    type: read(json, 'type', ArtifactType.fromJson),
    url: read(json, 'url', asString),
    faces: maybe(json, 'faces', asInt),
    height: maybe(json, 'height', asInt),
    previewUrl: maybe(json, 'preview_url', asString),
    vertices: maybe(json, 'vertices', asInt),
    width: maybe(json, 'width', asInt),
  );

  /// The address is good until then; every read gives a new one.
  final DateTime expiresAt;

  final String id;

  final String mediaType;

  final int sizeBytes;

  final ArtifactType type;

  /// Signed; relative to the server's address unless the operator has set a
  /// public one.
  final String url;

  /// Meshes only.
  final int? faces;

  /// Pixels; images only.
  final int? height;

  /// A picture of the mesh; signed as `url` is.
  final String? previewUrl;

  /// Meshes only.
  final int? vertices;

  /// Pixels; images only.
  final int? width;

  @override
  Map<String, Object?> toJson() => {
    'expires_at': writeTime(expiresAt),
    'id': id,
    'media_type': mediaType,
    'size_bytes': sizeBytes,
    'type': type,
    'url': url,
    if (faces case final value?) 'faces': value,
    if (height case final value?) 'height': value,
    if (previewUrl case final value?) 'preview_url': value,
    if (vertices case final value?) 'vertices': value,
    if (width case final value?) 'width': value,
  };

  /// A copy in which what is given replaces what is here.
  Artifact copyWith({
    DateTime? expiresAt,
    String? id,
    String? mediaType,
    int? sizeBytes,
    ArtifactType? type,
    String? url,
    int? faces,
    int? height,
    String? previewUrl,
    int? vertices,
    int? width,
  }) => Artifact(
    expiresAt: expiresAt ?? this.expiresAt,
    id: id ?? this.id,
    mediaType: mediaType ?? this.mediaType,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    type: type ?? this.type,
    url: url ?? this.url,
    faces: faces ?? this.faces,
    height: height ?? this.height,
    previewUrl: previewUrl ?? this.previewUrl,
    vertices: vertices ?? this.vertices,
    width: width ?? this.width,
  );
}

/// One's own artifacts, newest first.
final class ArtifactList extends Model {
  const ArtifactList({
    required this.artifacts,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ArtifactList.fromJson(Map<String, Object?> json) => ArtifactList(
    artifacts: read(json, 'artifacts', asList(asModel(Artifact.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<Artifact> artifacts;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'artifacts': writeList(artifacts, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  ArtifactList copyWith({
    List<Artifact>? artifacts,
    String? nextCursor,
  }) => ArtifactList(
    artifacts: artifacts ?? this.artifacts,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// A value of `ArtifactType`.
///
/// A newer server may send others: they are kept as they are.
extension type const ArtifactType(String value) implements String {
  /// Reads it.
  factory ArtifactType.fromJson(Object? value) => ArtifactType(asString(value));

  static const image = ArtifactType('image');
  static const mesh = ArtifactType('mesh');

  /// Those that are known.
  static const List<ArtifactType> values = [image, mesh];
}

/// A model that was tried before and did not answer.
final class Attempt extends Model {
  const Attempt({
    required this.code,
    required this.message,
    required this.model,
    required this.ms,
    this.provider,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Attempt.fromJson(Map<String, Object?> json) => Attempt(
    code: read(json, 'code', asString),
    message: read(json, 'message', asString),
    model: read(json, 'model', asString),
    ms: read(json, 'ms', asInt),
    provider: maybe(json, 'provider', asString),
  );

  /// The code of its error.
  final String code;

  final String message;

  final String model;

  /// Milliseconds that it took.
  final int ms;

  /// Null where no model of this name was found.
  final String? provider;

  @override
  Map<String, Object?> toJson() => {
    'code': code,
    'message': message,
    'model': model,
    'ms': ms,
    if (provider case final value?) 'provider': value,
  };

  /// A copy in which what is given replaces what is here.
  Attempt copyWith({
    String? code,
    String? message,
    String? model,
    int? ms,
    String? provider,
  }) => Attempt(
    code: code ?? this.code,
    message: message ?? this.message,
    model: model ?? this.model,
    ms: ms ?? this.ms,
    provider: provider ?? this.provider,
  );
}

/// One deed.
final class AuditEntry extends Model {
  const AuditEntry({
    required this.action,
    required this.actorId,
    required this.actorKind,
    required this.at,
    required this.details,
    required this.id,
    required this.targetId,
    required this.targetType,
    this.actorTokenId,
    this.address,
    this.requestId,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory AuditEntry.fromJson(Map<String, Object?> json) => AuditEntry(
    action: read(json, 'action', asString),
    actorId: read(json, 'actor_id', asString),
    actorKind: read(json, 'actor_kind', asString),
    at: read(json, 'at', asTime),
    details: read(json, 'details', asMap),
    id: read(json, 'id', asString),
    targetId: read(json, 'target_id', asString),
    targetType: read(json, 'target_type', asString),
    actorTokenId: maybe(json, 'actor_token_id', asString),
    address: maybe(json, 'address', asString),
    requestId: maybe(json, 'request_id', asString),
  );

  final String action;

  /// The user who did it.
  final String actorId;

  /// How: `operator_key`, `local`, `token`, `session`, `external`, `password`,
  /// `invite`, `registration`, `command_line`.
  final String actorKind;

  final DateTime at;

  final Map<String, Object?> details;

  final String id;

  final String targetId;

  final String targetType;

  final String? actorTokenId;

  /// The IP address that the request came from.
  final String? address;

  final String? requestId;

  @override
  Map<String, Object?> toJson() => {
    'action': action,
    'actor_id': actorId,
    'actor_kind': actorKind,
    'at': writeTime(at),
    'details': details,
    'id': id,
    'target_id': targetId,
    'target_type': targetType,
    if (actorTokenId case final value?) 'actor_token_id': value,
    if (address case final value?) 'address': value,
    if (requestId case final value?) 'request_id': value,
  };

  /// A copy in which what is given replaces what is here.
  AuditEntry copyWith({
    String? action,
    String? actorId,
    String? actorKind,
    DateTime? at,
    Map<String, Object?>? details,
    String? id,
    String? targetId,
    String? targetType,
    String? actorTokenId,
    String? address,
    String? requestId,
  }) => AuditEntry(
    action: action ?? this.action,
    actorId: actorId ?? this.actorId,
    actorKind: actorKind ?? this.actorKind,
    at: at ?? this.at,
    details: details ?? this.details,
    id: id ?? this.id,
    targetId: targetId ?? this.targetId,
    targetType: targetType ?? this.targetType,
    actorTokenId: actorTokenId ?? this.actorTokenId,
    address: address ?? this.address,
    requestId: requestId ?? this.requestId,
  );
}

/// What was done, newest first.
final class AuditList extends Model {
  const AuditList({
    required this.audit,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory AuditList.fromJson(Map<String, Object?> json) => AuditList(
    audit: read(json, 'audit', asList(asModel(AuditEntry.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<AuditEntry> audit;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'audit': writeList(audit, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  AuditList copyWith({
    List<AuditEntry>? audit,
    String? nextCursor,
  }) => AuditList(
    audit: audit ?? this.audit,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// Whether the caller can use it. `locked`: there is no key of its provider;
/// `unknown`: there is the caller's own key, and nobody knows yet whether it
/// unlocks this model.
final class Availability extends Model {
  const Availability({
    required this.access,
    this.creditsStatus,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Availability.fromJson(Map<String, Object?> json) => Availability(
    access: read(json, 'access', ModelAccess.fromJson),
    creditsStatus: maybe(json, 'credits_status', CreditsState.fromJson),
  );

  final ModelAccess access;

  /// Of its provider's account; null for local models.
  final CreditsState? creditsStatus;

  @override
  Map<String, Object?> toJson() => {
    'access': access,
    if (creditsStatus case final value?) 'credits_status': value,
  };

  /// A copy in which what is given replaces what is here.
  Availability copyWith({
    ModelAccess? access,
    CreditsState? creditsStatus,
  }) => Availability(
    access: access ?? this.access,
    creditsStatus: creditsStatus ?? this.creditsStatus,
  );
}

/// `cancelled` is false for a request that had finished already.
final class Cancellation extends Model {
  const Cancellation({
    required this.cancelled,
    required this.requestId,
    required this.status,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Cancellation.fromJson(Map<String, Object?> json) => Cancellation(
    cancelled: read(json, 'cancelled', asBool),
    requestId: read(json, 'request_id', asString),
    status: read(json, 'status', RequestState.fromJson),
  );

  final bool cancelled;

  final String requestId;

  final RequestState status;

  @override
  Map<String, Object?> toJson() => {
    'cancelled': cancelled,
    'request_id': requestId,
    'status': status,
  };

  /// A copy in which what is given replaces what is here.
  Cancellation copyWith({
    bool? cancelled,
    String? requestId,
    RequestState? status,
  }) => Cancellation(
    cancelled: cancelled ?? this.cancelled,
    requestId: requestId ?? this.requestId,
    status: status ?? this.status,
  );
}

/// What a model can do.
final class Capabilities extends Model {
  const Capabilities({
    this.hardwareRequirements,
    this.inputModalities,
    this.jsonSchema,
    this.maxContextTokens,
    this.outputFormats,
    this.streaming,
    this.tools,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Capabilities.fromJson(Map<String, Object?> json) => Capabilities(
    hardwareRequirements: maybe(json, 'hardware_requirements', asMap),
    inputModalities: maybe(json, 'input_modalities', asList(asString)),
    jsonSchema: maybe(json, 'json_schema', asBool),
    maxContextTokens: maybe(json, 'max_context_tokens', asInt),
    outputFormats: maybe(json, 'output_formats', asList(asString)),
    streaming: maybe(json, 'streaming', asBool),
    tools: maybe(json, 'tools', asBool),
  );

  final Map<String, Object?>? hardwareRequirements;

  final List<String>? inputModalities;

  final bool? jsonSchema;

  /// Prompt and answer together.
  final int? maxContextTokens;

  final List<String>? outputFormats;

  final bool? streaming;

  final bool? tools;

  @override
  Map<String, Object?> toJson() => {
    if (hardwareRequirements case final value?) 'hardware_requirements': value,
    if (inputModalities case final value?) 'input_modalities': value,
    if (jsonSchema case final value?) 'json_schema': value,
    if (maxContextTokens case final value?) 'max_context_tokens': value,
    if (outputFormats case final value?) 'output_formats': value,
    if (streaming case final value?) 'streaming': value,
    if (tools case final value?) 'tools': value,
  };

  /// A copy in which what is given replaces what is here.
  Capabilities copyWith({
    Map<String, Object?>? hardwareRequirements,
    List<String>? inputModalities,
    bool? jsonSchema,
    int? maxContextTokens,
    List<String>? outputFormats,
    bool? streaming,
    bool? tools,
  }) => Capabilities(
    hardwareRequirements: hardwareRequirements ?? this.hardwareRequirements,
    inputModalities: inputModalities ?? this.inputModalities,
    jsonSchema: jsonSchema ?? this.jsonSchema,
    maxContextTokens: maxContextTokens ?? this.maxContextTokens,
    outputFormats: outputFormats ?? this.outputFormats,
    streaming: streaming ?? this.streaming,
    tools: tools ?? this.tools,
  );
}

/// What a model can do.
final class CapabilitiesInfo extends Model {
  const CapabilitiesInfo({
    this.embeddings = false,
    this.hardwareRequirements,
    this.inputModalities = const [],
    this.jsonSchema = false,
    this.maxContextTokens,
    this.outputFormats = const [],
    this.streaming = false,
    this.tools = false,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory CapabilitiesInfo.fromJson(Map<String, Object?> json) =>
      CapabilitiesInfo(
        embeddings: readOr(json, 'embeddings', asBool, false),
        hardwareRequirements: maybe(json, 'hardware_requirements', asMap),
        inputModalities: readOr(
          json,
          'input_modalities',
          asList(asString),
          const [],
        ),
        jsonSchema: readOr(json, 'json_schema', asBool, false),
        maxContextTokens: maybe(json, 'max_context_tokens', asInt),
        outputFormats: readOr(json, 'output_formats', asList(asString), const []),
        streaming: readOr(json, 'streaming', asBool, false),
        tools: readOr(json, 'tools', asBool, false),
      );

  /// It makes vectors or scores, no text.
  final bool embeddings;

  final Map<String, Object?>? hardwareRequirements;

  final List<String> inputModalities;

  final bool jsonSchema;

  final int? maxContextTokens;

  final List<String> outputFormats;

  final bool streaming;

  final bool tools;

  @override
  Map<String, Object?> toJson() => {
    'embeddings': embeddings,
    if (hardwareRequirements case final value?) 'hardware_requirements': value,
    'input_modalities': inputModalities,
    'json_schema': jsonSchema,
    if (maxContextTokens case final value?) 'max_context_tokens': value,
    'output_formats': outputFormats,
    'streaming': streaming,
    'tools': tools,
  };

  /// A copy in which what is given replaces what is here.
  CapabilitiesInfo copyWith({
    bool? embeddings,
    Map<String, Object?>? hardwareRequirements,
    List<String>? inputModalities,
    bool? jsonSchema,
    int? maxContextTokens,
    List<String>? outputFormats,
    bool? streaming,
    bool? tools,
  }) => CapabilitiesInfo(
    embeddings: embeddings ?? this.embeddings,
    hardwareRequirements: hardwareRequirements ?? this.hardwareRequirements,
    inputModalities: inputModalities ?? this.inputModalities,
    jsonSchema: jsonSchema ?? this.jsonSchema,
    maxContextTokens: maxContextTokens ?? this.maxContextTokens,
    outputFormats: outputFormats ?? this.outputFormats,
    streaming: streaming ?? this.streaming,
    tools: tools ?? this.tools,
  );
}

/// How to clean up.
final class CleanRequest extends Model {
  const CleanRequest({
    this.dryRun = false,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory CleanRequest.fromJson(Map<String, Object?> json) => CleanRequest(
    dryRun: readOr(json, 'dry_run', asBool, false),
  );

  /// Only say what would go.
  final bool dryRun;

  @override
  Map<String, Object?> toJson() => {
    'dry_run': dryRun,
  };

  /// A copy in which what is given replaces what is here.
  CleanRequest copyWith({
    bool? dryRun,
  }) => CleanRequest(
    dryRun: dryRun ?? this.dryRun,
  );
}

/// What a cleanup would remove now.
final class CleanupPlan extends Model {
  const CleanupPlan({
    required this.removals,
    required this.sizeBytes,
    this.dryRun = true,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory CleanupPlan.fromJson(Map<String, Object?> json) => CleanupPlan(
    removals: read(json, 'removals', asList(asModel(Removal.fromJson))),
    sizeBytes: read(json, 'size_bytes', asInt),
    dryRun: readOr(json, 'dry_run', asBool, true),
  );

  final List<Removal> removals;

  /// Of all of it.
  final int sizeBytes;

  final bool dryRun;

  @override
  Map<String, Object?> toJson() => {
    'removals': writeList(removals, (item) => item.toJson()),
    'size_bytes': sizeBytes,
    'dry_run': dryRun,
  };

  /// A copy in which what is given replaces what is here.
  CleanupPlan copyWith({
    List<Removal>? removals,
    int? sizeBytes,
    bool? dryRun,
  }) => CleanupPlan(
    removals: removals ?? this.removals,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    dryRun: dryRun ?? this.dryRun,
  );
}

/// [ImagePart] or [TextPart].
sealed class ContentPart extends Model {
  const ContentPart();

  /// Reads the member that `type` names.
  factory ContentPart.fromJson(Map<String, Object?> json) =>
      switch (json['type']) {
        'image_url' => ImagePart.fromJson(json),
        'text' => TextPart.fromJson(json),
        final other => throw FormatException(
          '$other is no type of a ContentPart',
        ),
      };
}

/// What a credential consists of.
///
/// A newer server may send others: they are kept as they are.
extension type const CredentialType(String value) implements String {
  /// Reads it.
  factory CredentialType.fromJson(Object? value) =>
      CredentialType(asString(value));

  static const apiKey = CredentialType('api_key');
  static const endpointKey = CredentialType('endpoint_key');
  static const serviceAccount = CredentialType('service_account');
  static const oauthToken = CredentialType('oauth_token');

  /// Those that are known.
  static const List<CredentialType> values = [
    apiKey,
    endpointKey,
    serviceAccount,
    oauthToken,
  ];
}

/// What an account with a provider has left, as far as its vendor tells.
final class Credits extends Model {
  const Credits({
    required this.provider,
    required this.status,
    this.checkedAt,
    this.currency,
    this.remaining,
    this.total,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Credits.fromJson(Map<String, Object?> json) => Credits(
    provider: read(json, 'provider', asString),
    status: read(json, 'status', CreditsState.fromJson),
    checkedAt: maybe(json, 'checked_at', asString),
    currency: maybe(json, 'currency', asString),
    remaining: maybe(json, 'remaining', asDouble),
    total: maybe(json, 'total', asDouble),
  );

  final String provider;

  /// `unknown` where the vendor does not tell.
  final CreditsState status;

  /// When the vendor told it; it is asked every few minutes.
  final String? checkedAt;

  /// ISO 4217.
  final String? currency;

  /// In units of `currency`.
  final double? remaining;

  /// The account's limit, where it has one.
  final double? total;

  @override
  Map<String, Object?> toJson() => {
    'provider': provider,
    'status': status,
    if (checkedAt case final value?) 'checked_at': value,
    if (currency case final value?) 'currency': value,
    if (remaining case final value?) 'remaining': value,
    if (total case final value?) 'total': value,
  };

  /// A copy in which what is given replaces what is here.
  Credits copyWith({
    String? provider,
    CreditsState? status,
    String? checkedAt,
    String? currency,
    double? remaining,
    double? total,
  }) => Credits(
    provider: provider ?? this.provider,
    status: status ?? this.status,
    checkedAt: checkedAt ?? this.checkedAt,
    currency: currency ?? this.currency,
    remaining: remaining ?? this.remaining,
    total: total ?? this.total,
  );
}

/// Whether an account can pay for more. `unknown`: its vendor does not say.
///
/// A newer server may send others: they are kept as they are.
extension type const CreditsState(String value) implements String {
  /// Reads it.
  factory CreditsState.fromJson(Object? value) => CreditsState(asString(value));

  static const available = CreditsState('available');
  static const exhausted = CreditsState('exhausted');
  static const unknown = CreditsState('unknown');

  /// Those that are known.
  static const List<CreditsState> values = [available, exhausted, unknown];
}

/// A download.
final class DownloadCreate extends Model {
  const DownloadCreate({
    required this.source,
    this.model,
    this.options,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory DownloadCreate.fromJson(Map<String, Object?> json) => DownloadCreate(
    source: read(json, 'source', asModel(DownloadSource.fromJson)),
    model: maybe(json, 'model', asModel(DownloadModel.fromJson)),
    options: maybe(json, 'options', asModel(DownloadOptions.fromJson)),
  );

  final DownloadSource source;

  final DownloadModel? model;

  final DownloadOptions? options;

  @override
  Map<String, Object?> toJson() => {
    'source': source.toJson(),
    if (model case final value?) 'model': value.toJson(),
    if (options case final value?) 'options': value.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  DownloadCreate copyWith({
    DownloadSource? source,
    DownloadModel? model,
    DownloadOptions? options,
  }) => DownloadCreate(
    source: source ?? this.source,
    model: model ?? this.model,
    options: options ?? this.options,
  );
}

/// What to write into the catalog; of what is absent the files tell.
final class DownloadModel extends Model {
  const DownloadModel({
    this.capabilities,
    this.description,
    this.id,
    this.licence,
    this.modality,
    this.name,
    this.parameters,
    this.pinned,
    this.pricing,
    this.recommendedParameters,
    this.source,
    this.status,
    this.version,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory DownloadModel.fromJson(Map<String, Object?> json) => DownloadModel(
    capabilities: maybe(json, 'capabilities', asModel(Capabilities.fromJson)),
    description: maybe(json, 'description', asString),
    id: maybe(json, 'id', asString),
    licence: maybe(json, 'licence', asString),
    modality: maybe(json, 'modality', Modality.fromJson),
    name: maybe(json, 'name', asString),
    parameters: maybe(json, 'parameters', asMap),
    pinned: maybe(json, 'pinned', asBool),
    pricing: maybe(json, 'pricing', asMap),
    recommendedParameters: maybe(json, 'recommended_parameters', asMap),
    source: maybe(json, 'source', asModel(Source.fromJson)),
    status: maybe(json, 'status', asString),
    version: maybe(json, 'version', asString),
  );

  /// Merged into what is known.
  final Capabilities? capabilities;

  final String? description;

  /// None: the file's name without its ending, or the repository's.
  final String? id;

  final String? licence;

  final Modality? modality;

  final String? name;

  /// A JSON Schema (draft 2020-12) of type object.
  final Map<String, Object?>? parameters;

  final bool? pinned;

  final Map<String, Object?>? pricing;

  final Map<String, Object?>? recommendedParameters;

  final Source? source;

  /// One of `available`, `disabled`.
  final String? status;

  final String? version;

  @override
  Map<String, Object?> toJson() => {
    if (capabilities case final value?) 'capabilities': value.toJson(),
    if (description case final value?) 'description': value,
    if (id case final value?) 'id': value,
    if (licence case final value?) 'licence': value,
    if (modality case final value?) 'modality': value,
    if (name case final value?) 'name': value,
    if (parameters case final value?) 'parameters': value,
    if (pinned case final value?) 'pinned': value,
    if (pricing case final value?) 'pricing': value,
    if (recommendedParameters case final value?) 'recommended_parameters':
        value,
    if (source case final value?) 'source': value.toJson(),
    if (status case final value?) 'status': value,
    if (version case final value?) 'version': value,
  };

  /// A copy in which what is given replaces what is here.
  DownloadModel copyWith({
    Capabilities? capabilities,
    String? description,
    String? id,
    String? licence,
    Modality? modality,
    String? name,
    Map<String, Object?>? parameters,
    bool? pinned,
    Map<String, Object?>? pricing,
    Map<String, Object?>? recommendedParameters,
    Source? source,
    String? status,
    String? version,
  }) => DownloadModel(
    capabilities: capabilities ?? this.capabilities,
    description: description ?? this.description,
    id: id ?? this.id,
    licence: licence ?? this.licence,
    modality: modality ?? this.modality,
    name: name ?? this.name,
    parameters: parameters ?? this.parameters,
    pinned: pinned ?? this.pinned,
    pricing: pricing ?? this.pricing,
    recommendedParameters: recommendedParameters ?? this.recommendedParameters,
    source: source ?? this.source,
    status: status ?? this.status,
    version: version ?? this.version,
  );
}

/// Which files.
final class DownloadOptions extends Model {
  const DownloadOptions({
    this.files,
    this.revision,
    this.sha256,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory DownloadOptions.fromJson(Map<String, Object?> json) =>
      DownloadOptions(
        files: maybe(json, 'files', asList(asString)),
        revision: maybe(json, 'revision', asString),
        sha256: maybe(json, 'sha256', asString),
      );

  /// Names or patterns (`*Q4_K_M*.gguf`); none: one quantisation, or the whole
  /// pipeline.
  final List<String>? files;

  /// Branch, tag or commit; of a package, the version.
  final String? revision;

  /// Of the file at an address, or of a wheel.
  final String? sha256;

  @override
  Map<String, Object?> toJson() => {
    if (files case final value?) 'files': value,
    if (revision case final value?) 'revision': value,
    if (sha256 case final value?) 'sha256': value,
  };

  /// A copy in which what is given replaces what is here.
  DownloadOptions copyWith({
    List<String>? files,
    String? revision,
    String? sha256,
  }) => DownloadOptions(
    files: files ?? this.files,
    revision: revision ?? this.revision,
    sha256: sha256 ?? this.sha256,
  );
}

/// Where the files are.
final class DownloadSource extends Model {
  const DownloadSource({
    required this.type,
    this.id,
    this.uri,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory DownloadSource.fromJson(Map<String, Object?> json) => DownloadSource(
    type: read(json, 'type', asString),
    id: maybe(json, 'id', asString),
    uri: maybe(json, 'uri', asString),
  );

  /// One of `huggingface`, `url`, `pypi`, `local`.
  final String type;

  /// `org/name` or `org/name:QUANTISATION` of a Hugging Face repository; `name`
  /// or `name==version` of a Python package.
  final String? id;

  /// The http(s) address of a GGUF file; a path inside a model folder of the
  /// server's machine.
  final String? uri;

  @override
  Map<String, Object?> toJson() => {
    'type': type,
    if (id case final value?) 'id': value,
    if (uri case final value?) 'uri': value,
  };

  /// A copy in which what is given replaces what is here.
  DownloadSource copyWith({
    String? type,
    String? id,
    String? uri,
  }) => DownloadSource(
    type: type ?? this.type,
    id: id ?? this.id,
    uri: uri ?? this.uri,
  );
}

/// Why another model than the chosen one answers.
///
/// A newer server may send others: they are kept as they are.
extension type const FallbackReason(String value) implements String {
  /// Reads it.
  factory FallbackReason.fromJson(Object? value) =>
      FallbackReason(asString(value));

  static const creditsExhausted = FallbackReason('credits_exhausted');
  static const modelLoading = FallbackReason('model_loading');
  static const modelUnavailable = FallbackReason('model_unavailable');
  static const providerError = FallbackReason('provider_error');
  static const rateLimited = FallbackReason('rate_limited');

  /// Those that are known.
  static const List<FallbackReason> values = [
    creditsExhausted,
    modelLoading,
    modelUnavailable,
    providerError,
    rateLimited,
  ];
}

/// What this server can do, so that a client shows only that.
final class Features extends Model {
  const Features({
    required this.backgroundRequests,
    required this.downloads,
    required this.engines,
    required this.localOnly,
    required this.modalities,
    required this.providers,
    required this.sessions,
    required this.streaming,
    required this.users,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Features.fromJson(Map<String, Object?> json) => Features(
    backgroundRequests: read(json, 'background_requests', asBool),
    downloads: read(json, 'downloads', asBool),
    engines: read(json, 'engines', asMapOf(asBool)),
    localOnly: read(json, 'local_only', asBool),
    modalities: read(json, 'modalities', asList(asString)),
    providers: read(json, 'providers', asList(asString)),
    sessions: read(json, 'sessions', asBool),
    streaming: read(json, 'streaming', asBool),
    users: read(json, 'users', asBool),
  );

  final bool backgroundRequests;

  final bool downloads;

  final Map<String, bool> engines;

  final bool localOnly;

  final List<String> modalities;

  final List<String> providers;

  final bool sessions;

  final bool streaming;

  final bool users;

  @override
  Map<String, Object?> toJson() => {
    'background_requests': backgroundRequests,
    'downloads': downloads,
    'engines': engines,
    'local_only': localOnly,
    'modalities': modalities,
    'providers': providers,
    'sessions': sessions,
    'streaming': streaming,
    'users': users,
  };

  /// A copy in which what is given replaces what is here.
  Features copyWith({
    bool? backgroundRequests,
    bool? downloads,
    Map<String, bool>? engines,
    bool? localOnly,
    List<String>? modalities,
    List<String>? providers,
    bool? sessions,
    bool? streaming,
    bool? users,
  }) => Features(
    backgroundRequests: backgroundRequests ?? this.backgroundRequests,
    downloads: downloads ?? this.downloads,
    engines: engines ?? this.engines,
    localOnly: localOnly ?? this.localOnly,
    modalities: modalities ?? this.modalities,
    providers: providers ?? this.providers,
    sessions: sessions ?? this.sessions,
    streaming: streaming ?? this.streaming,
    users: users ?? this.users,
  );
}

/// A model of the hub.
final class FoundModel extends Model {
  const FoundModel({
    required this.gated,
    required this.id,
    required this.modalityHints,
    required this.name,
    required this.tags,
    this.downloads,
    this.lastModified,
    this.licence,
    this.likes,
    this.sizeBytes,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory FoundModel.fromJson(Map<String, Object?> json) => FoundModel(
    gated: read(json, 'gated', asBool),
    id: read(json, 'id', asString),
    modalityHints: read(json, 'modality_hints', asList(asString)),
    name: read(json, 'name', asString),
    tags: read(json, 'tags', asList(asString)),
    downloads: maybe(json, 'downloads', asInt),
    lastModified: maybe(json, 'last_modified', asTime),
    licence: maybe(json, 'licence', asString),
    likes: maybe(json, 'likes', asInt),
    sizeBytes: maybe(json, 'size_bytes', asInt),
  );

  /// Its files are only for those who have accepted its licence on the hub.
  final bool gated;

  final String id;

  /// `text`, `image`, `3d`: what it seems to make; empty: not told.
  final List<String> modalityHints;

  final String name;

  final List<String> tags;

  /// In the last 30 days.
  final int? downloads;

  final DateTime? lastModified;

  final String? licence;

  final int? likes;

  /// Of its weights; of a repository with several GGUF files, of one of them;
  /// null: not told.
  final int? sizeBytes;

  @override
  Map<String, Object?> toJson() => {
    'gated': gated,
    'id': id,
    'modality_hints': modalityHints,
    'name': name,
    'tags': tags,
    if (downloads case final value?) 'downloads': value,
    if (lastModified case final value?) 'last_modified': writeTime(value),
    if (licence case final value?) 'licence': value,
    if (likes case final value?) 'likes': value,
    if (sizeBytes case final value?) 'size_bytes': value,
  };

  /// A copy in which what is given replaces what is here.
  FoundModel copyWith({
    bool? gated,
    String? id,
    List<String>? modalityHints,
    String? name,
    List<String>? tags,
    int? downloads,
    DateTime? lastModified,
    String? licence,
    int? likes,
    int? sizeBytes,
  }) => FoundModel(
    gated: gated ?? this.gated,
    id: id ?? this.id,
    modalityHints: modalityHints ?? this.modalityHints,
    name: name ?? this.name,
    tags: tags ?? this.tags,
    downloads: downloads ?? this.downloads,
    lastModified: lastModified ?? this.lastModified,
    licence: licence ?? this.licence,
    likes: likes ?? this.likes,
    sizeBytes: sizeBytes ?? this.sizeBytes,
  );
}

/// A page of a search.
final class FoundModels extends Model {
  const FoundModels({
    required this.results,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory FoundModels.fromJson(Map<String, Object?> json) => FoundModels(
    results: read(json, 'results', asList(asModel(FoundModel.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<FoundModel> results;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'results': writeList(results, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  FoundModels copyWith({
    List<FoundModel>? results,
    String? nextCursor,
  }) => FoundModels(
    results: results ?? this.results,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// How to ask for a generation.
final class GenerateGuide extends Model {
  const GenerateGuide({
    required this.examples,
    required this.guidance,
    required this.request,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory GenerateGuide.fromJson(Map<String, Object?> json) => GenerateGuide(
    examples: read(json, 'examples', asList(asMap)),
    guidance: read(json, 'guidance', asMapOf(asString)),
    request: read(json, 'request', asMap),
  );

  final List<Map<String, Object?>> examples;

  final Map<String, String> guidance;

  /// The JSON Schema of every field of the request, by name.
  final Map<String, Object?> request;

  @override
  Map<String, Object?> toJson() => {
    'examples': examples,
    'guidance': guidance,
    'request': request,
  };

  /// A copy in which what is given replaces what is here.
  GenerateGuide copyWith({
    List<Map<String, Object?>>? examples,
    Map<String, String>? guidance,
    Map<String, Object?>? request,
  }) => GenerateGuide(
    examples: examples ?? this.examples,
    guidance: guidance ?? this.guidance,
    request: request ?? this.request,
  );
}

/// What to work from: `prompt` or `messages`, and images or a mesh beside them.
final class GenerateInput extends Model {
  const GenerateInput({
    this.images,
    this.mesh,
    this.messages,
    this.prompt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory GenerateInput.fromJson(Map<String, Object?> json) => GenerateInput(
    images: maybe(json, 'images', asList(asString)),
    mesh: maybe(json, 'mesh', asString),
    messages: maybe(json, 'messages', asList(asModel(Message.fromJson))),
    prompt: maybe(json, 'prompt', asString),
  );

  /// Data URLs, http(s) URLs or `artifact:ID`.
  final List<String>? images;

  /// A data URL, an http(s) URL or `artifact:ID`.
  final String? mesh;

  /// A chat to continue; in place of `prompt`.
  final List<Message>? messages;

  /// What to generate from.
  final String? prompt;

  @override
  Map<String, Object?> toJson() => {
    if (images case final value?) 'images': value,
    if (mesh case final value?) 'mesh': value,
    if (messages case final value?) 'messages':
        writeList(value, (item) => item.toJson()),
    if (prompt case final value?) 'prompt': value,
  };

  /// A copy in which what is given replaces what is here.
  GenerateInput copyWith({
    List<String>? images,
    String? mesh,
    List<Message>? messages,
    String? prompt,
  }) => GenerateInput(
    images: images ?? this.images,
    mesh: mesh ?? this.mesh,
    messages: messages ?? this.messages,
    prompt: prompt ?? this.prompt,
  );
}

/// One request for text, an image or a 3D mesh.
final class GenerateRequest extends Model {
  const GenerateRequest({
    required this.input,
    this.background,
    this.fallback,
    this.modality,
    this.model,
    this.parameters,
    this.provider,
    this.selectionMode,
    this.sessionId,
    this.stateTokens,
    this.stream,
    this.systemPrompt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory GenerateRequest.fromJson(Map<String, Object?> json) =>
      GenerateRequest(
        input: read(json, 'input', asModel(GenerateInput.fromJson)),
        background: maybe(json, 'background', asBool),
        fallback: maybe(json, 'fallback', asStringOr(asList(asString))),
        modality: maybe(json, 'modality', Modality.fromJson),
        model: maybe(json, 'model', asString),
        parameters: maybe(json, 'parameters', asMap),
        provider: maybe(json, 'provider', asString),
        selectionMode: maybe(json, 'selection_mode', SelectionMode.fromJson),
        sessionId: maybe(json, 'session_id', asString),
        stateTokens: maybe(json, 'state_tokens', asMap),
        stream: maybe(json, 'stream', asBool),
        systemPrompt: maybe(json, 'system_prompt', asString),
      );

  final GenerateInput input;

  /// Answer 202 at once; the result is kept for later.
  final bool? background;

  /// Who answers where the model can't: `default`, the models that are
  /// configured for that; `wait`, no other model; `pinned`, a pinned model,
  /// also while this one is being loaded; or these, in this order. A `String`
  /// or a `List<String>`. One of `default`, `wait`, `pinned`.
  final Object? fallback;

  /// Needed only where neither model nor input decides it.
  final Modality? modality;

  /// A model's id, `provider:name`, a name that only one provider has, `auto`,
  /// or nothing.
  final String? model;

  /// Checked against the model's own schema: `GET /v1/schema?model=…`.
  final Map<String, Object?>? parameters;

  /// The provider that must answer.
  final String? provider;

  /// Which models may answer; `model`: the asked one, whatever happens.
  final SelectionMode? selectionMode;

  /// The session to continue.
  final String? sessionId;

  /// A provider's state, up to 64 KB, given back.
  final Map<String, Object?>? stateTokens;

  /// Answer with server-sent events, token by token.
  final bool? stream;

  /// Goes before the messages.
  final String? systemPrompt;

  @override
  Map<String, Object?> toJson() => {
    'input': input.toJson(),
    if (background case final value?) 'background': value,
    if (fallback case final value?) 'fallback': toWire(value),
    if (modality case final value?) 'modality': value,
    if (model case final value?) 'model': value,
    if (parameters case final value?) 'parameters': value,
    if (provider case final value?) 'provider': value,
    if (selectionMode case final value?) 'selection_mode': value,
    if (sessionId case final value?) 'session_id': value,
    if (stateTokens case final value?) 'state_tokens': value,
    if (stream case final value?) 'stream': value,
    if (systemPrompt case final value?) 'system_prompt': value,
  };

  /// A copy in which what is given replaces what is here.
  GenerateRequest copyWith({
    GenerateInput? input,
    bool? background,
    Object? fallback,
    Modality? modality,
    String? model,
    Map<String, Object?>? parameters,
    String? provider,
    SelectionMode? selectionMode,
    String? sessionId,
    Map<String, Object?>? stateTokens,
    bool? stream,
    String? systemPrompt,
  }) => GenerateRequest(
    input: input ?? this.input,
    background: background ?? this.background,
    fallback: fallback ?? this.fallback,
    modality: modality ?? this.modality,
    model: model ?? this.model,
    parameters: parameters ?? this.parameters,
    provider: provider ?? this.provider,
    selectionMode: selectionMode ?? this.selectionMode,
    sessionId: sessionId ?? this.sessionId,
    stateTokens: stateTokens ?? this.stateTokens,
    stream: stream ?? this.stream,
    systemPrompt: systemPrompt ?? this.systemPrompt,
  );
}

/// The answer to a generate request.
final class GenerateResponse extends Model {
  const GenerateResponse({
    required this.finishReason,
    required this.modality,
    required this.model,
    required this.output,
    required this.provider,
    required this.requestId,
    required this.selection,
    required this.timing,
    required this.usage,
    required this.warnings,
    this.creditsStatus,
    this.sessionId,
    this.stateTokens,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory GenerateResponse.fromJson(Map<String, Object?> json) =>
      GenerateResponse(
        finishReason: read(json, 'finish_reason', asString),
        modality: read(json, 'modality', Modality.fromJson),
        model: read(json, 'model', asString),
        output: read(json, 'output', asModel(Output.fromJson)),
        provider: read(json, 'provider', asString),
        requestId: read(json, 'request_id', asString),
        selection: read(json, 'selection', asModel(Selection.fromJson)),
        timing: read(json, 'timing', asModel(Timing.fromJson)),
        usage: read(json, 'usage', asModel(Usage.fromJson)),
        warnings: read(json, 'warnings', asList(asString)),
        creditsStatus: maybe(json, 'credits_status', asModel(Credits.fromJson)),
        sessionId: maybe(json, 'session_id', asString),
        stateTokens: maybe(json, 'state_tokens', asMap),
      );

  final String finishReason;

  final Modality modality;

  final String model;

  final Output output;

  final String provider;

  final String requestId;

  final Selection selection;

  final Timing timing;

  final Usage usage;

  final List<String> warnings;

  /// Of the account that was asked, or of the first one that had nothing left;
  /// null for local models.
  final Credits? creditsStatus;

  final String? sessionId;

  final Map<String, Object?>? stateTokens;

  @override
  Map<String, Object?> toJson() => {
    'finish_reason': finishReason,
    'modality': modality,
    'model': model,
    'output': output.toJson(),
    'provider': provider,
    'request_id': requestId,
    'selection': selection.toJson(),
    'timing': timing.toJson(),
    'usage': usage.toJson(),
    'warnings': warnings,
    if (creditsStatus case final value?) 'credits_status': value.toJson(),
    if (sessionId case final value?) 'session_id': value,
    if (stateTokens case final value?) 'state_tokens': value,
  };

  /// A copy in which what is given replaces what is here.
  GenerateResponse copyWith({
    String? finishReason,
    Modality? modality,
    String? model,
    Output? output,
    String? provider,
    String? requestId,
    Selection? selection,
    Timing? timing,
    Usage? usage,
    List<String>? warnings,
    Credits? creditsStatus,
    String? sessionId,
    Map<String, Object?>? stateTokens,
  }) => GenerateResponse(
    finishReason: finishReason ?? this.finishReason,
    modality: modality ?? this.modality,
    model: model ?? this.model,
    output: output ?? this.output,
    provider: provider ?? this.provider,
    requestId: requestId ?? this.requestId,
    selection: selection ?? this.selection,
    timing: timing ?? this.timing,
    usage: usage ?? this.usage,
    warnings: warnings ?? this.warnings,
    creditsStatus: creditsStatus ?? this.creditsStatus,
    sessionId: sessionId ?? this.sessionId,
    stateTokens: stateTokens ?? this.stateTokens,
  );
}

/// The process is alive.
final class Health extends Model {
  const Health({
    this.status = 'ok',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Health.fromJson(Map<String, Object?> json) => Health(
    status: readOr(json, 'status', asString, 'ok'),
  );

  final String status;

  @override
  Map<String, Object?> toJson() => {
    'status': status,
  };

  /// A copy in which what is given replaces what is here.
  Health copyWith({
    String? status,
  }) => Health(
    status: status ?? this.status,
  );
}

/// A file of a repository.
final class HubFile extends Model {
  const HubFile({
    required this.name,
    this.fits,
    this.quantisation,
    this.sizeBytes,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory HubFile.fromJson(Map<String, Object?> json) => HubFile(
    name: read(json, 'name', asString),
    fits: maybe(json, 'fits', asBool),
    quantisation: maybe(json, 'quantisation', asString),
    sizeBytes: maybe(json, 'size_bytes', asInt),
  );

  /// With its folders.
  final String name;

  /// Whether there is room for it on the disk, within the limit, and in the
  /// memory for models; of a split model, for all its parts; null: its size is
  /// not told.
  final bool? fits;

  /// Of a GGUF file, as its name says.
  final String? quantisation;

  final int? sizeBytes;

  @override
  Map<String, Object?> toJson() => {
    'name': name,
    if (fits case final value?) 'fits': value,
    if (quantisation case final value?) 'quantisation': value,
    if (sizeBytes case final value?) 'size_bytes': value,
  };

  /// A copy in which what is given replaces what is here.
  HubFile copyWith({
    String? name,
    bool? fits,
    String? quantisation,
    int? sizeBytes,
  }) => HubFile(
    name: name ?? this.name,
    fits: fits ?? this.fits,
    quantisation: quantisation ?? this.quantisation,
    sizeBytes: sizeBytes ?? this.sizeBytes,
  );
}

/// The files of a repository.
final class HubFiles extends Model {
  const HubFiles({
    required this.files,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory HubFiles.fromJson(Map<String, Object?> json) => HubFiles(
    files: read(json, 'files', asList(asModel(HubFile.fromJson))),
  );

  final List<HubFile> files;

  @override
  Map<String, Object?> toJson() => {
    'files': writeList(files, (item) => item.toJson()),
  };

  /// A copy in which what is given replaces what is here.
  HubFiles copyWith({
    List<HubFile>? files,
  }) => HubFiles(
    files: files ?? this.files,
  );
}

/// An image inside a message.
final class ImagePart extends ContentPart {
  const ImagePart({
    required this.imageUrl,
    this.type = 'image_url',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ImagePart.fromJson(Map<String, Object?> json) => ImagePart(
    imageUrl: read(json, 'image_url', asModel(ImageURL.fromJson)),
    type: readOr(json, 'type', asString, 'image_url'),
  );

  final ImageURL imageUrl;

  final String type;

  @override
  Map<String, Object?> toJson() => {
    'image_url': imageUrl.toJson(),
    'type': type,
  };

  /// A copy in which what is given replaces what is here.
  ImagePart copyWith({
    ImageURL? imageUrl,
    String? type,
  }) => ImagePart(
    imageUrl: imageUrl ?? this.imageUrl,
    type: type ?? this.type,
  );
}

/// A data URL, an http(s) URL, or `artifact:ID`.
final class ImageURL extends Model {
  const ImageURL({
    required this.url,
    this.detail,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ImageURL.fromJson(Map<String, Object?> json) => ImageURL(
    url: read(json, 'url', asString),
    detail: maybe(json, 'detail', asString),
  );

  final String url;

  /// One of `auto`, `low`, `high`.
  final String? detail;

  @override
  Map<String, Object?> toJson() => {
    'url': url,
    if (detail case final value?) 'detail': value,
  };

  /// A copy in which what is given replaces what is here.
  ImageURL copyWith({
    String? url,
    String? detail,
  }) => ImageURL(
    url: url ?? this.url,
    detail: detail ?? this.detail,
  );
}

/// An invite without the secret.
final class Invite extends Model {
  const Invite({
    required this.createdAt,
    required this.createdBy,
    required this.expiresAt,
    required this.id,
    required this.maxUses,
    required this.uses,
    this.email,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Invite.fromJson(Map<String, Object?> json) => Invite(
    createdAt: read(json, 'created_at', asTime),
    createdBy: read(json, 'created_by', asString),
    expiresAt: read(json, 'expires_at', asTime),
    id: read(json, 'id', asString),
    maxUses: read(json, 'max_uses', asInt),
    uses: read(json, 'uses', asInt),
    email: maybe(json, 'email', asString),
  );

  final DateTime createdAt;

  final String createdBy;

  final DateTime expiresAt;

  final String id;

  final int maxUses;

  final int uses;

  final String? email;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'created_by': createdBy,
    'expires_at': writeTime(expiresAt),
    'id': id,
    'max_uses': maxUses,
    'uses': uses,
    if (email case final value?) 'email': value,
  };

  /// A copy in which what is given replaces what is here.
  Invite copyWith({
    DateTime? createdAt,
    String? createdBy,
    DateTime? expiresAt,
    String? id,
    int? maxUses,
    int? uses,
    String? email,
  }) => Invite(
    createdAt: createdAt ?? this.createdAt,
    createdBy: createdBy ?? this.createdBy,
    expiresAt: expiresAt ?? this.expiresAt,
    id: id ?? this.id,
    maxUses: maxUses ?? this.maxUses,
    uses: uses ?? this.uses,
    email: email ?? this.email,
  );
}

/// A new invite.
final class InviteCreate extends Model {
  const InviteCreate({
    this.email,
    this.expiresDays,
    this.maxUses,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory InviteCreate.fromJson(Map<String, Object?> json) => InviteCreate(
    email: maybe(json, 'email', asString),
    expiresDays: maybe(json, 'expires_days', asInt),
    maxUses: maybe(json, 'max_uses', asInt),
  );

  /// Whose it is alone; none: whoever has it may use it.
  final String? email;

  /// None: 7.
  final int? expiresDays;

  /// None: 1.
  final int? maxUses;

  @override
  Map<String, Object?> toJson() => {
    if (email case final value?) 'email': value,
    if (expiresDays case final value?) 'expires_days': value,
    if (maxUses case final value?) 'max_uses': value,
  };

  /// A copy in which what is given replaces what is here.
  InviteCreate copyWith({
    String? email,
    int? expiresDays,
    int? maxUses,
  }) => InviteCreate(
    email: email ?? this.email,
    expiresDays: expiresDays ?? this.expiresDays,
    maxUses: maxUses ?? this.maxUses,
  );
}

/// The one time that an invite's token is shown.
final class InviteCreated extends Model {
  const InviteCreated({
    required this.expiresAt,
    required this.id,
    required this.inviteToken,
    required this.maxUses,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory InviteCreated.fromJson(Map<String, Object?> json) => InviteCreated(
    expiresAt: read(json, 'expires_at', asTime),
    id: read(json, 'id', asString),
    inviteToken: read(json, 'invite_token', asString),
    maxUses: read(json, 'max_uses', asInt),
  );

  final DateTime expiresAt;

  final String id;

  final String inviteToken;

  final int maxUses;

  @override
  Map<String, Object?> toJson() => {
    'expires_at': writeTime(expiresAt),
    'id': id,
    'invite_token': inviteToken,
    'max_uses': maxUses,
  };

  /// A copy in which what is given replaces what is here.
  InviteCreated copyWith({
    DateTime? expiresAt,
    String? id,
    String? inviteToken,
    int? maxUses,
  }) => InviteCreated(
    expiresAt: expiresAt ?? this.expiresAt,
    id: id ?? this.id,
    inviteToken: inviteToken ?? this.inviteToken,
    maxUses: maxUses ?? this.maxUses,
  );
}

/// Invites, newest first.
final class InviteList extends Model {
  const InviteList({
    required this.invites,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory InviteList.fromJson(Map<String, Object?> json) => InviteList(
    invites: read(json, 'invites', asList(asModel(Invite.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<Invite> invites;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'invites': writeList(invites, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  InviteList copyWith({
    List<Invite>? invites,
    String? nextCursor,
  }) => InviteList(
    invites: invites ?? this.invites,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// A job and how far it is.
final class Job extends Model {
  const Job({
    required this.createdAt,
    required this.downloadedBytes,
    required this.jobId,
    required this.kind,
    required this.status,
    this.bytesPerS,
    this.error,
    this.etaS,
    this.finishedAt,
    this.modelId,
    this.progressPct,
    this.startedAt,
    this.totalBytes,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Job.fromJson(Map<String, Object?> json) => Job(
    createdAt: read(json, 'created_at', asTime),
    downloadedBytes: read(json, 'downloaded_bytes', asInt),
    jobId: read(json, 'job_id', asString),
    kind: read(json, 'kind', asString),
    status: read(json, 'status', JobStatus.fromJson),
    bytesPerS: maybe(json, 'bytes_per_s', asInt),
    error: maybe(json, 'error', asMap),
    etaS: maybe(json, 'eta_s', asDouble),
    finishedAt: maybe(json, 'finished_at', asTime),
    modelId: maybe(json, 'model_id', asString),
    progressPct: maybe(json, 'progress_pct', asDouble),
    startedAt: maybe(json, 'started_at', asTime),
    totalBytes: maybe(json, 'total_bytes', asInt),
  );

  final DateTime createdAt;

  /// Never falls, also when a download goes on after an interruption.
  final int downloadedBytes;

  final String jobId;

  /// `download` or `cleanup`.
  final String kind;

  final JobStatus status;

  /// Over the last seconds.
  final int? bytesPerS;

  /// Why it failed: the inside of the error envelope.
  final Map<String, Object?>? error;

  /// Seconds to go at that speed.
  final double? etaS;

  final DateTime? finishedAt;

  /// The model that it brings.
  final String? modelId;

  /// 0 to 100; null while the size is not known.
  final double? progressPct;

  final DateTime? startedAt;

  final int? totalBytes;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'downloaded_bytes': downloadedBytes,
    'job_id': jobId,
    'kind': kind,
    'status': status,
    if (bytesPerS case final value?) 'bytes_per_s': value,
    if (error case final value?) 'error': value,
    if (etaS case final value?) 'eta_s': value,
    if (finishedAt case final value?) 'finished_at': writeTime(value),
    if (modelId case final value?) 'model_id': value,
    if (progressPct case final value?) 'progress_pct': value,
    if (startedAt case final value?) 'started_at': writeTime(value),
    if (totalBytes case final value?) 'total_bytes': value,
  };

  /// A copy in which what is given replaces what is here.
  Job copyWith({
    DateTime? createdAt,
    int? downloadedBytes,
    String? jobId,
    String? kind,
    JobStatus? status,
    int? bytesPerS,
    Map<String, Object?>? error,
    double? etaS,
    DateTime? finishedAt,
    String? modelId,
    double? progressPct,
    DateTime? startedAt,
    int? totalBytes,
  }) => Job(
    createdAt: createdAt ?? this.createdAt,
    downloadedBytes: downloadedBytes ?? this.downloadedBytes,
    jobId: jobId ?? this.jobId,
    kind: kind ?? this.kind,
    status: status ?? this.status,
    bytesPerS: bytesPerS ?? this.bytesPerS,
    error: error ?? this.error,
    etaS: etaS ?? this.etaS,
    finishedAt: finishedAt ?? this.finishedAt,
    modelId: modelId ?? this.modelId,
    progressPct: progressPct ?? this.progressPct,
    startedAt: startedAt ?? this.startedAt,
    totalBytes: totalBytes ?? this.totalBytes,
  );
}

/// A page of jobs, newest first.
final class JobList extends Model {
  const JobList({
    required this.jobs,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory JobList.fromJson(Map<String, Object?> json) => JobList(
    jobs: read(json, 'jobs', asList(asModel(Job.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<Job> jobs;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'jobs': writeList(jobs, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  JobList copyWith({
    List<Job>? jobs,
    String? nextCursor,
  }) => JobList(
    jobs: jobs ?? this.jobs,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// How far a job is.
///
/// A newer server may send others: they are kept as they are.
extension type const JobStatus(String value) implements String {
  /// Reads it.
  factory JobStatus.fromJson(Object? value) => JobStatus(asString(value));

  static const queued = JobStatus('queued');
  static const running = JobStatus('running');
  static const completed = JobStatus('completed');
  static const failed = JobStatus('failed');
  static const cancelled = JobStatus('cancelled');

  /// Those that are known.
  static const List<JobStatus> values = [
    queued,
    running,
    completed,
    failed,
    cancelled,
  ];
}

/// What can be limited.
///
/// A newer server may send others: they are kept as they are.
extension type const LimitKind(String value) implements String {
  /// Reads it.
  factory LimitKind.fromJson(Object? value) => LimitKind(asString(value));

  static const requestsPerMinute = LimitKind('requests_per_minute');
  static const tokensPerMinute = LimitKind('tokens_per_minute');
  static const tokensPerDay = LimitKind('tokens_per_day');
  static const tokensPerMonth = LimitKind('tokens_per_month');
  static const costUsdPerDay = LimitKind('cost_usd_per_day');
  static const costUsdPerMonth = LimitKind('cost_usd_per_month');

  /// Those that are known.
  static const List<LimitKind> values = [
    requestsPerMinute,
    tokensPerMinute,
    tokensPerDay,
    tokensPerMonth,
    costUsdPerDay,
    costUsdPerMonth,
  ];
}

/// One limit and what is used of it: requests, tokens or US dollars.
final class LimitState extends Model {
  const LimitState({
    required this.reserved,
    required this.resetsAt,
    required this.used,
    this.limit,
    this.remaining,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LimitState.fromJson(Map<String, Object?> json) => LimitState(
    reserved: read(json, 'reserved', asNumber),
    resetsAt: read(json, 'resets_at', asTime),
    used: read(json, 'used', asNumber),
    limit: maybe(json, 'limit', asNumber),
    remaining: maybe(json, 'remaining', asNumber),
  );

  /// Set aside for requests that still run.
  final num reserved;

  /// When nothing of it is used any more.
  final DateTime resetsAt;

  /// By requests that have ended.
  final num used;

  /// Null: not limited.
  final num? limit;

  final num? remaining;

  @override
  Map<String, Object?> toJson() => {
    'reserved': reserved,
    'resets_at': writeTime(resetsAt),
    'used': used,
    if (limit case final value?) 'limit': value,
    if (remaining case final value?) 'remaining': value,
  };

  /// A copy in which what is given replaces what is here.
  LimitState copyWith({
    num? reserved,
    DateTime? resetsAt,
    num? used,
    num? limit,
    num? remaining,
  }) => LimitState(
    reserved: reserved ?? this.reserved,
    resetsAt: resetsAt ?? this.resetsAt,
    used: used ?? this.used,
    limit: limit ?? this.limit,
    remaining: remaining ?? this.remaining,
  );
}

/// The limits that hold for a user or a token, and what is used of them.
final class Limits extends Model {
  const Limits({
    required this.limits,
    required this.own,
    this.tokenId,
    this.userId,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Limits.fromJson(Map<String, Object?> json) => Limits(
    limits: read(json, 'limits', asMapOf(asModel(LimitState.fromJson))),
    own: read(json, 'own', asModel(LimitsChange.fromJson)),
    tokenId: maybe(json, 'token_id', asString),
    userId: maybe(json, 'user_id', asString),
  );

  /// What holds, by the limit's name.
  final Map<String, LimitState> limits;

  /// What is set for this user or token alone.
  final LimitsChange own;

  final String? tokenId;

  final String? userId;

  @override
  Map<String, Object?> toJson() => {
    'limits': writeMap(limits, (item) => item.toJson()),
    'own': own.toJson(),
    if (tokenId case final value?) 'token_id': value,
    if (userId case final value?) 'user_id': value,
  };

  /// A copy in which what is given replaces what is here.
  Limits copyWith({
    Map<String, LimitState>? limits,
    LimitsChange? own,
    String? tokenId,
    String? userId,
  }) => Limits(
    limits: limits ?? this.limits,
    own: own ?? this.own,
    tokenId: tokenId ?? this.tokenId,
    userId: userId ?? this.userId,
  );
}

/// Limits to be set, all of them: what is left out is not set.
final class LimitsChange extends Model {
  const LimitsChange({
    this.costUsdPerDay,
    this.costUsdPerMonth,
    this.requestsPerMinute,
    this.tokensPerDay,
    this.tokensPerMinute,
    this.tokensPerMonth,
    this.useDefaults = true,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LimitsChange.fromJson(Map<String, Object?> json) => LimitsChange(
    costUsdPerDay: maybe(json, 'cost_usd_per_day', asDouble),
    costUsdPerMonth: maybe(json, 'cost_usd_per_month', asDouble),
    requestsPerMinute: maybe(json, 'requests_per_minute', asInt),
    tokensPerDay: maybe(json, 'tokens_per_day', asInt),
    tokensPerMinute: maybe(json, 'tokens_per_minute', asInt),
    tokensPerMonth: maybe(json, 'tokens_per_month', asInt),
    useDefaults: readOr(json, 'use_defaults', asBool, true),
  );

  /// In a day of UTC; what has no price costs nothing.
  final double? costUsdPerDay;

  /// In a month of UTC.
  final double? costUsdPerMonth;

  /// In any 60 seconds.
  final int? requestsPerMinute;

  /// In a day of UTC.
  final int? tokensPerDay;

  /// Of prompts and answers, in any 60 seconds.
  final int? tokensPerMinute;

  /// In a month of UTC.
  final int? tokensPerMonth;

  /// Whether the defaults of all users hold where nothing is set; tokens have
  /// none.
  final bool useDefaults;

  @override
  Map<String, Object?> toJson() => {
    if (costUsdPerDay case final value?) 'cost_usd_per_day': value,
    if (costUsdPerMonth case final value?) 'cost_usd_per_month': value,
    if (requestsPerMinute case final value?) 'requests_per_minute': value,
    if (tokensPerDay case final value?) 'tokens_per_day': value,
    if (tokensPerMinute case final value?) 'tokens_per_minute': value,
    if (tokensPerMonth case final value?) 'tokens_per_month': value,
    'use_defaults': useDefaults,
  };

  /// A copy in which what is given replaces what is here.
  LimitsChange copyWith({
    double? costUsdPerDay,
    double? costUsdPerMonth,
    int? requestsPerMinute,
    int? tokensPerDay,
    int? tokensPerMinute,
    int? tokensPerMonth,
    bool? useDefaults,
  }) => LimitsChange(
    costUsdPerDay: costUsdPerDay ?? this.costUsdPerDay,
    costUsdPerMonth: costUsdPerMonth ?? this.costUsdPerMonth,
    requestsPerMinute: requestsPerMinute ?? this.requestsPerMinute,
    tokensPerDay: tokensPerDay ?? this.tokensPerDay,
    tokensPerMinute: tokensPerMinute ?? this.tokensPerMinute,
    tokensPerMonth: tokensPerMonth ?? this.tokensPerMonth,
    useDefaults: useDefaults ?? this.useDefaults,
  );
}

/// How to load.
final class LoadRequest extends Model {
  const LoadRequest({
    this.pin,
    this.wait = false,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LoadRequest.fromJson(Map<String, Object?> json) => LoadRequest(
    pin: maybe(json, 'pin', asBool),
    wait: readOr(json, 'wait', asBool, false),
  );

  /// Whether it shall stay in memory; null leaves that as it is.
  final bool? pin;

  /// Answer only when the model is loaded.
  final bool wait;

  @override
  Map<String, Object?> toJson() => {
    if (pin case final value?) 'pin': value,
    'wait': wait,
  };

  /// A copy in which what is given replaces what is here.
  LoadRequest copyWith({
    bool? pin,
    bool? wait,
  }) => LoadRequest(
    pin: pin ?? this.pin,
    wait: wait ?? this.wait,
  );
}

/// A model in memory.
final class LoadedModelInfo extends Model {
  const LoadedModelInfo({
    required this.activeRequests,
    required this.isBusy,
    required this.isPinned,
    required this.loadedAt,
    required this.modelId,
    required this.queueDepth,
    this.device,
    this.lastUsedAt,
    this.memoryBytes,
    this.until,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LoadedModelInfo.fromJson(Map<String, Object?> json) =>
      LoadedModelInfo(
        activeRequests: read(json, 'active_requests', asInt),
        isBusy: read(json, 'is_busy', asBool),
        isPinned: read(json, 'is_pinned', asBool),
        loadedAt: read(json, 'loaded_at', asTime),
        modelId: read(json, 'model_id', asString),
        queueDepth: read(json, 'queue_depth', asInt),
        device: maybe(json, 'device', asString),
        lastUsedAt: maybe(json, 'last_used_at', asTime),
        memoryBytes: maybe(json, 'memory_bytes', asInt),
        until: maybe(json, 'until', asTime),
      );

  final int activeRequests;

  final bool isBusy;

  final bool isPinned;

  final DateTime loadedAt;

  final String modelId;

  final int queueDepth;

  /// Where it computes: `cpu`, `cuda`, `mps`, …
  final String? device;

  final DateTime? lastUsedAt;

  final int? memoryBytes;

  /// When it is unloaded if nobody asks; null while pinned or in use.
  final DateTime? until;

  @override
  Map<String, Object?> toJson() => {
    'active_requests': activeRequests,
    'is_busy': isBusy,
    'is_pinned': isPinned,
    'loaded_at': writeTime(loadedAt),
    'model_id': modelId,
    'queue_depth': queueDepth,
    if (device case final value?) 'device': value,
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
    if (memoryBytes case final value?) 'memory_bytes': value,
    if (until case final value?) 'until': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  LoadedModelInfo copyWith({
    int? activeRequests,
    bool? isBusy,
    bool? isPinned,
    DateTime? loadedAt,
    String? modelId,
    int? queueDepth,
    String? device,
    DateTime? lastUsedAt,
    int? memoryBytes,
    DateTime? until,
  }) => LoadedModelInfo(
    activeRequests: activeRequests ?? this.activeRequests,
    isBusy: isBusy ?? this.isBusy,
    isPinned: isPinned ?? this.isPinned,
    loadedAt: loadedAt ?? this.loadedAt,
    modelId: modelId ?? this.modelId,
    queueDepth: queueDepth ?? this.queueDepth,
    device: device ?? this.device,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    memoryBytes: memoryBytes ?? this.memoryBytes,
    until: until ?? this.until,
  );
}

/// The models in memory.
final class LoadedModels extends Model {
  const LoadedModels({
    required this.models,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LoadedModels.fromJson(Map<String, Object?> json) => LoadedModels(
    models: read(json, 'models', asList(asModel(LoadedModelInfo.fromJson))),
  );

  final List<LoadedModelInfo> models;

  @override
  Map<String, Object?> toJson() => {
    'models': writeList(models, (item) => item.toJson()),
  };

  /// A copy in which what is given replaces what is here.
  LoadedModels copyWith({
    List<LoadedModelInfo>? models,
  }) => LoadedModels(
    models: models ?? this.models,
  );
}

/// What a login gives. With a cookie there is no token here.
final class LoggedIn extends Model {
  const LoggedIn({
    required this.expiresAt,
    required this.tokenType,
    required this.user,
    this.token,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LoggedIn.fromJson(Map<String, Object?> json) => LoggedIn(
    expiresAt: read(json, 'expires_at', asTime),
    tokenType: read(json, 'token_type', asString),
    user: read(json, 'user', asModel(Profile.fromJson)),
    token: maybe(json, 'token', asString),
  );

  final DateTime expiresAt;

  /// One of `bearer`, `cookie`.
  final String tokenType;

  final Profile user;

  final String? token;

  @override
  Map<String, Object?> toJson() => {
    'expires_at': writeTime(expiresAt),
    'token_type': tokenType,
    'user': user.toJson(),
    if (token case final value?) 'token': value,
  };

  /// A copy in which what is given replaces what is here.
  LoggedIn copyWith({
    DateTime? expiresAt,
    String? tokenType,
    Profile? user,
    String? token,
  }) => LoggedIn(
    expiresAt: expiresAt ?? this.expiresAt,
    tokenType: tokenType ?? this.tokenType,
    user: user ?? this.user,
    token: token ?? this.token,
  );
}

/// Who logs in: by address or by user name.
final class Login extends Model {
  const Login({
    required this.password,
    this.cookie,
    this.email,
    this.username,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Login.fromJson(Map<String, Object?> json) => Login(
    password: read(json, 'password', asString),
    cookie: maybe(json, 'cookie', asBool),
    email: maybe(json, 'email', asString),
    username: maybe(json, 'username', asString),
  );

  final String password;

  /// Set a cookie in place of giving a token.
  final bool? cookie;

  final String? email;

  final String? username;

  @override
  Map<String, Object?> toJson() => {
    'password': password,
    if (cookie case final value?) 'cookie': value,
    if (email case final value?) 'email': value,
    if (username case final value?) 'username': value,
  };

  /// A copy in which what is given replaces what is here.
  Login copyWith({
    String? password,
    bool? cookie,
    String? email,
    String? username,
  }) => Login(
    password: password ?? this.password,
    cookie: cookie ?? this.cookie,
    email: email ?? this.email,
    username: username ?? this.username,
  );
}

/// A file format for meshes.
///
/// A newer server may send others: they are kept as they are.
extension type const MeshFormat(String value) implements String {
  /// Reads it.
  factory MeshFormat.fromJson(Object? value) => MeshFormat(asString(value));

  static const glb = MeshFormat('glb');
  static const obj = MeshFormat('obj');
  static const stl = MeshFormat('stl');
  static const ply = MeshFormat('ply');

  /// Those that are known.
  static const List<MeshFormat> values = [glb, obj, stl, ply];
}

/// One message of a chat, as OpenAI has it.
final class Message extends Model {
  const Message({
    required this.role,
    this.content,
    this.name,
    this.toolCallId,
    this.toolCalls,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Message.fromJson(Map<String, Object?> json) => Message(
    role: read(json, 'role', MessageRole.fromJson),
    content: maybe(
      json,
      'content',
      asStringOr(asList(asModel(ContentPart.fromJson))),
    ),
    name: maybe(json, 'name', asString),
    toolCallId: maybe(json, 'tool_call_id', asString),
    toolCalls: maybe(json, 'tool_calls', asList(asMap)),
  );

  final MessageRole role;

  /// A `String` or a `List<ContentPart>`.
  final Object? content;

  final String? name;

  final String? toolCallId;

  final List<Map<String, Object?>>? toolCalls;

  @override
  Map<String, Object?> toJson() => {
    'role': role,
    if (content case final value?) 'content': toWire(value),
    if (name case final value?) 'name': value,
    if (toolCallId case final value?) 'tool_call_id': value,
    if (toolCalls case final value?) 'tool_calls': value,
  };

  /// A copy in which what is given replaces what is here.
  Message copyWith({
    MessageRole? role,
    Object? content,
    String? name,
    String? toolCallId,
    List<Map<String, Object?>>? toolCalls,
  }) => Message(
    role: role ?? this.role,
    content: content ?? this.content,
    name: name ?? this.name,
    toolCallId: toolCallId ?? this.toolCallId,
    toolCalls: toolCalls ?? this.toolCalls,
  );
}

/// A value of `MessageRole`.
///
/// A newer server may send others: they are kept as they are.
extension type const MessageRole(String value) implements String {
  /// Reads it.
  factory MessageRole.fromJson(Object? value) => MessageRole(asString(value));

  static const assistant = MessageRole('assistant');
  static const developer = MessageRole('developer');
  static const system = MessageRole('system');
  static const tool = MessageRole('tool');
  static const user = MessageRole('user');

  /// Those that are known.
  static const List<MessageRole> values = [
    assistant,
    developer,
    system,
    tool,
    user,
  ];
}

/// The kind of output that a request asks for.
///
/// A newer server may send others: they are kept as they are.
extension type const Modality(String value) implements String {
  /// Reads it.
  factory Modality.fromJson(Object? value) => Modality(asString(value));

  static const text = Modality('text');
  static const image = Modality('image');
  static const threeD = Modality('3d');

  /// Those that are known.
  static const List<Modality> values = [text, image, threeD];
}

/// A value of `ModelAccess`.
///
/// A newer server may send others: they are kept as they are.
extension type const ModelAccess(String value) implements String {
  /// Reads it.
  factory ModelAccess.fromJson(Object? value) => ModelAccess(asString(value));

  static const available = ModelAccess('available');
  static const locked = ModelAccess('locked');
  static const unknown = ModelAccess('unknown');

  /// Those that are known.
  static const List<ModelAccess> values = [available, locked, unknown];
}

/// The fields of a model that may be changed; what is absent or null stays as
/// it is.
final class ModelChange extends Model {
  const ModelChange({
    this.capabilities,
    this.description,
    this.licence,
    this.modality,
    this.name,
    this.parameters,
    this.pinned,
    this.pricing,
    this.recommendedParameters,
    this.source,
    this.status,
    this.version,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelChange.fromJson(Map<String, Object?> json) => ModelChange(
    capabilities: maybe(json, 'capabilities', asModel(Capabilities.fromJson)),
    description: maybe(json, 'description', asString),
    licence: maybe(json, 'licence', asString),
    modality: maybe(json, 'modality', Modality.fromJson),
    name: maybe(json, 'name', asString),
    parameters: maybe(json, 'parameters', asMap),
    pinned: maybe(json, 'pinned', asBool),
    pricing: maybe(json, 'pricing', asMap),
    recommendedParameters: maybe(json, 'recommended_parameters', asMap),
    source: maybe(json, 'source', asModel(Source.fromJson)),
    status: maybe(json, 'status', asString),
    version: maybe(json, 'version', asString),
  );

  /// Merged into what is known.
  final Capabilities? capabilities;

  final String? description;

  final String? licence;

  final Modality? modality;

  final String? name;

  /// A JSON Schema (draft 2020-12) of type object.
  final Map<String, Object?>? parameters;

  final bool? pinned;

  final Map<String, Object?>? pricing;

  final Map<String, Object?>? recommendedParameters;

  final Source? source;

  /// One of `available`, `disabled`.
  final String? status;

  final String? version;

  @override
  Map<String, Object?> toJson() => {
    if (capabilities case final value?) 'capabilities': value.toJson(),
    if (description case final value?) 'description': value,
    if (licence case final value?) 'licence': value,
    if (modality case final value?) 'modality': value,
    if (name case final value?) 'name': value,
    if (parameters case final value?) 'parameters': value,
    if (pinned case final value?) 'pinned': value,
    if (pricing case final value?) 'pricing': value,
    if (recommendedParameters case final value?) 'recommended_parameters':
        value,
    if (source case final value?) 'source': value.toJson(),
    if (status case final value?) 'status': value,
    if (version case final value?) 'version': value,
  };

  /// A copy in which what is given replaces what is here.
  ModelChange copyWith({
    Capabilities? capabilities,
    String? description,
    String? licence,
    Modality? modality,
    String? name,
    Map<String, Object?>? parameters,
    bool? pinned,
    Map<String, Object?>? pricing,
    Map<String, Object?>? recommendedParameters,
    Source? source,
    String? status,
    String? version,
  }) => ModelChange(
    capabilities: capabilities ?? this.capabilities,
    description: description ?? this.description,
    licence: licence ?? this.licence,
    modality: modality ?? this.modality,
    name: name ?? this.name,
    parameters: parameters ?? this.parameters,
    pinned: pinned ?? this.pinned,
    pricing: pricing ?? this.pricing,
    recommendedParameters: recommendedParameters ?? this.recommendedParameters,
    source: source ?? this.source,
    status: status ?? this.status,
    version: version ?? this.version,
  );
}

/// A model to register.
final class ModelCreate extends Model {
  const ModelCreate({
    this.capabilities,
    this.description,
    this.id,
    this.licence,
    this.localPath,
    this.modality,
    this.name,
    this.parameters,
    this.pinned,
    this.pricing,
    this.provider,
    this.recommendedParameters,
    this.source,
    this.status,
    this.version,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelCreate.fromJson(Map<String, Object?> json) => ModelCreate(
    capabilities: maybe(json, 'capabilities', asModel(Capabilities.fromJson)),
    description: maybe(json, 'description', asString),
    id: maybe(json, 'id', asString),
    licence: maybe(json, 'licence', asString),
    localPath: maybe(json, 'local_path', asString),
    modality: maybe(json, 'modality', Modality.fromJson),
    name: maybe(json, 'name', asString),
    parameters: maybe(json, 'parameters', asMap),
    pinned: maybe(json, 'pinned', asBool),
    pricing: maybe(json, 'pricing', asMap),
    provider: maybe(json, 'provider', asString),
    recommendedParameters: maybe(json, 'recommended_parameters', asMap),
    source: maybe(json, 'source', asModel(Source.fromJson)),
    status: maybe(json, 'status', asString),
    version: maybe(json, 'version', asString),
  );

  /// Merged into what is known.
  final Capabilities? capabilities;

  final String? description;

  /// None: the file's name without its ending, or the name.
  final String? id;

  final String? licence;

  /// A GGUF file or a diffusers pipeline inside a model folder; a relative path
  /// begins at one.
  final String? localPath;

  final Modality? modality;

  final String? name;

  /// A JSON Schema (draft 2020-12) of type object.
  final Map<String, Object?>? parameters;

  final bool? pinned;

  final Map<String, Object?>? pricing;

  /// Who runs it; none: the provider that the id begins with (`provider:name`),
  /// else this machine.
  final String? provider;

  final Map<String, Object?>? recommendedParameters;

  final Source? source;

  /// One of `available`, `disabled`.
  final String? status;

  final String? version;

  @override
  Map<String, Object?> toJson() => {
    if (capabilities case final value?) 'capabilities': value.toJson(),
    if (description case final value?) 'description': value,
    if (id case final value?) 'id': value,
    if (licence case final value?) 'licence': value,
    if (localPath case final value?) 'local_path': value,
    if (modality case final value?) 'modality': value,
    if (name case final value?) 'name': value,
    if (parameters case final value?) 'parameters': value,
    if (pinned case final value?) 'pinned': value,
    if (pricing case final value?) 'pricing': value,
    if (provider case final value?) 'provider': value,
    if (recommendedParameters case final value?) 'recommended_parameters':
        value,
    if (source case final value?) 'source': value.toJson(),
    if (status case final value?) 'status': value,
    if (version case final value?) 'version': value,
  };

  /// A copy in which what is given replaces what is here.
  ModelCreate copyWith({
    Capabilities? capabilities,
    String? description,
    String? id,
    String? licence,
    String? localPath,
    Modality? modality,
    String? name,
    Map<String, Object?>? parameters,
    bool? pinned,
    Map<String, Object?>? pricing,
    String? provider,
    Map<String, Object?>? recommendedParameters,
    Source? source,
    String? status,
    String? version,
  }) => ModelCreate(
    capabilities: capabilities ?? this.capabilities,
    description: description ?? this.description,
    id: id ?? this.id,
    licence: licence ?? this.licence,
    localPath: localPath ?? this.localPath,
    modality: modality ?? this.modality,
    name: name ?? this.name,
    parameters: parameters ?? this.parameters,
    pinned: pinned ?? this.pinned,
    pricing: pricing ?? this.pricing,
    provider: provider ?? this.provider,
    recommendedParameters: recommendedParameters ?? this.recommendedParameters,
    source: source ?? this.source,
    status: status ?? this.status,
    version: version ?? this.version,
  );
}

/// A model of the catalog.
final class ModelInfo extends Model {
  const ModelInfo({
    required this.availability,
    required this.capabilities,
    required this.created,
    required this.id,
    required this.isDefault,
    required this.modality,
    required this.name,
    required this.ownedBy,
    required this.parameters,
    required this.pinned,
    required this.provider,
    required this.recommendedParameters,
    required this.source,
    required this.status,
    this.createdAt,
    this.description,
    this.documentation,
    this.jobId,
    this.lastUsedAt,
    this.licence,
    this.localPath,
    this.object = 'model',
    this.pricing,
    this.runtimeStatus,
    this.sizeBytes,
    this.statusReason,
    this.version,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelInfo.fromJson(Map<String, Object?> json) => ModelInfo(
    availability: read(json, 'availability', asModel(Availability.fromJson)),
    capabilities: read(
      json,
      'capabilities',
      asModel(CapabilitiesInfo.fromJson),
    ),
    created: read(json, 'created', asInt),
    id: read(json, 'id', asString),
    isDefault: read(json, 'is_default', asBool),
    modality: read(json, 'modality', Modality.fromJson),
    name: read(json, 'name', asString),
    ownedBy: read(json, 'owned_by', asString),
    parameters: read(json, 'parameters', asMap),
    pinned: read(json, 'pinned', asBool),
    provider: read(json, 'provider', asString),
    recommendedParameters: read(json, 'recommended_parameters', asMap),
    source: read(json, 'source', asModel(SourceInfo.fromJson)),
    status: read(json, 'status', ModelStatus.fromJson),
    createdAt: maybe(json, 'created_at', asTime),
    description: maybe(json, 'description', asString),
    documentation: maybe(json, 'documentation', asString),
    jobId: maybe(json, 'job_id', asString),
    lastUsedAt: maybe(json, 'last_used_at', asTime),
    licence: maybe(json, 'licence', asString),
    localPath: maybe(json, 'local_path', asString),
    object: readOr(json, 'object', asString, 'model'),
    pricing: maybe(json, 'pricing', asMap),
    runtimeStatus: maybe(json, 'runtime_status', RuntimeState.fromJson),
    sizeBytes: maybe(json, 'size_bytes', asInt),
    statusReason: maybe(json, 'status_reason', asString),
    version: maybe(json, 'version', asString),
  );

  final Availability availability;

  final CapabilitiesInfo capabilities;

  /// Seconds since 1970.
  final int created;

  final String id;

  final bool isDefault;

  final Modality modality;

  final String name;

  final String ownedBy;

  /// JSON Schema of the parameters that a request may carry.
  final Map<String, Object?> parameters;

  final bool pinned;

  final String provider;

  final Map<String, Object?> recommendedParameters;

  final SourceInfo source;

  final ModelStatus status;

  final DateTime? createdAt;

  final String? description;

  final String? documentation;

  /// The download that brings it.
  final String? jobId;

  final DateTime? lastUsedAt;

  final String? licence;

  /// Shown to admins only.
  final String? localPath;

  final String object;

  final Map<String, Object?>? pricing;

  /// Null for models that a provider runs.
  final RuntimeState? runtimeStatus;

  final int? sizeBytes;

  /// Why it is not available.
  final String? statusReason;

  /// Of files: the quantisation, or the precision of a pipeline's weights.
  final String? version;

  @override
  Map<String, Object?> toJson() => {
    'availability': availability.toJson(),
    'capabilities': capabilities.toJson(),
    'created': created,
    'id': id,
    'is_default': isDefault,
    'modality': modality,
    'name': name,
    'owned_by': ownedBy,
    'parameters': parameters,
    'pinned': pinned,
    'provider': provider,
    'recommended_parameters': recommendedParameters,
    'source': source.toJson(),
    'status': status,
    if (createdAt case final value?) 'created_at': writeTime(value),
    if (description case final value?) 'description': value,
    if (documentation case final value?) 'documentation': value,
    if (jobId case final value?) 'job_id': value,
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
    if (licence case final value?) 'licence': value,
    if (localPath case final value?) 'local_path': value,
    'object': object,
    if (pricing case final value?) 'pricing': value,
    if (runtimeStatus case final value?) 'runtime_status': value,
    if (sizeBytes case final value?) 'size_bytes': value,
    if (statusReason case final value?) 'status_reason': value,
    if (version case final value?) 'version': value,
  };

  /// A copy in which what is given replaces what is here.
  ModelInfo copyWith({
    Availability? availability,
    CapabilitiesInfo? capabilities,
    int? created,
    String? id,
    bool? isDefault,
    Modality? modality,
    String? name,
    String? ownedBy,
    Map<String, Object?>? parameters,
    bool? pinned,
    String? provider,
    Map<String, Object?>? recommendedParameters,
    SourceInfo? source,
    ModelStatus? status,
    DateTime? createdAt,
    String? description,
    String? documentation,
    String? jobId,
    DateTime? lastUsedAt,
    String? licence,
    String? localPath,
    String? object,
    Map<String, Object?>? pricing,
    RuntimeState? runtimeStatus,
    int? sizeBytes,
    String? statusReason,
    String? version,
  }) => ModelInfo(
    availability: availability ?? this.availability,
    capabilities: capabilities ?? this.capabilities,
    created: created ?? this.created,
    id: id ?? this.id,
    isDefault: isDefault ?? this.isDefault,
    modality: modality ?? this.modality,
    name: name ?? this.name,
    ownedBy: ownedBy ?? this.ownedBy,
    parameters: parameters ?? this.parameters,
    pinned: pinned ?? this.pinned,
    provider: provider ?? this.provider,
    recommendedParameters: recommendedParameters ?? this.recommendedParameters,
    source: source ?? this.source,
    status: status ?? this.status,
    createdAt: createdAt ?? this.createdAt,
    description: description ?? this.description,
    documentation: documentation ?? this.documentation,
    jobId: jobId ?? this.jobId,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    licence: licence ?? this.licence,
    localPath: localPath ?? this.localPath,
    object: object ?? this.object,
    pricing: pricing ?? this.pricing,
    runtimeStatus: runtimeStatus ?? this.runtimeStatus,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    statusReason: statusReason ?? this.statusReason,
    version: version ?? this.version,
  );
}

/// A page of the catalog, twice: in full, and in OpenAI's short shape.
final class ModelList extends Model {
  const ModelList({
    required this.data,
    required this.models,
    this.nextCursor,
    this.object = 'list',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelList.fromJson(Map<String, Object?> json) => ModelList(
    data: read(json, 'data', asList(asModel(OpenAIModel.fromJson))),
    models: read(json, 'models', asList(asModel(ModelInfo.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
    object: readOr(json, 'object', asString, 'list'),
  );

  final List<OpenAIModel> data;

  final List<ModelInfo> models;

  final String? nextCursor;

  final String object;

  @override
  Map<String, Object?> toJson() => {
    'data': writeList(data, (item) => item.toJson()),
    'models': writeList(models, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
    'object': object,
  };

  /// A copy in which what is given replaces what is here.
  ModelList copyWith({
    List<OpenAIModel>? data,
    List<ModelInfo>? models,
    String? nextCursor,
    String? object,
  }) => ModelList(
    data: data ?? this.data,
    models: models ?? this.models,
    nextCursor: nextCursor ?? this.nextCursor,
    object: object ?? this.object,
  );
}

/// One model's parameters, as the registry stores them.
final class ModelSchemaInfo extends Model {
  const ModelSchemaInfo({
    required this.modality,
    required this.modelId,
    required this.parameters,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelSchemaInfo.fromJson(Map<String, Object?> json) =>
      ModelSchemaInfo(
        modality: read(json, 'modality', Modality.fromJson),
        modelId: read(json, 'model_id', asString),
        parameters: read(json, 'parameters', asMap),
      );

  final Modality modality;

  final String modelId;

  /// JSON Schema.
  final Map<String, Object?> parameters;

  @override
  Map<String, Object?> toJson() => {
    'modality': modality,
    'model_id': modelId,
    'parameters': parameters,
  };

  /// A copy in which what is given replaces what is here.
  ModelSchemaInfo copyWith({
    Modality? modality,
    String? modelId,
    Map<String, Object?>? parameters,
  }) => ModelSchemaInfo(
    modality: modality ?? this.modality,
    modelId: modelId ?? this.modelId,
    parameters: parameters ?? this.parameters,
  );
}

/// Whether a model can be asked.
///
/// A newer server may send others: they are kept as they are.
extension type const ModelStatus(String value) implements String {
  /// Reads it.
  factory ModelStatus.fromJson(Object? value) => ModelStatus(asString(value));

  static const available = ModelStatus('available');
  static const downloading = ModelStatus('downloading');
  static const failed = ModelStatus('failed');
  static const disabled = ModelStatus('disabled');
  static const evicted = ModelStatus('evicted');

  /// Those that are known.
  static const List<ModelStatus> values = [
    available,
    downloading,
    failed,
    disabled,
    evicted,
  ];
}

/// The caller's limits.
final class MyLimits extends Model {
  const MyLimits({
    required this.limits,
    required this.own,
    this.token,
    this.tokenId,
    this.userId,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory MyLimits.fromJson(Map<String, Object?> json) => MyLimits(
    limits: read(json, 'limits', asMapOf(asModel(LimitState.fromJson))),
    own: read(json, 'own', asModel(LimitsChange.fromJson)),
    token: maybe(json, 'token', asModel(Limits.fromJson)),
    tokenId: maybe(json, 'token_id', asString),
    userId: maybe(json, 'user_id', asString),
  );

  /// What holds, by the limit's name.
  final Map<String, LimitState> limits;

  /// What is set for this user or token alone.
  final LimitsChange own;

  /// Those of the token that was used, where it has some.
  final Limits? token;

  final String? tokenId;

  final String? userId;

  @override
  Map<String, Object?> toJson() => {
    'limits': writeMap(limits, (item) => item.toJson()),
    'own': own.toJson(),
    if (token case final value?) 'token': value.toJson(),
    if (tokenId case final value?) 'token_id': value,
    if (userId case final value?) 'user_id': value,
  };

  /// A copy in which what is given replaces what is here.
  MyLimits copyWith({
    Map<String, LimitState>? limits,
    LimitsChange? own,
    Limits? token,
    String? tokenId,
    String? userId,
  }) => MyLimits(
    limits: limits ?? this.limits,
    own: own ?? this.own,
    token: token ?? this.token,
    tokenId: tokenId ?? this.tokenId,
    userId: userId ?? this.userId,
  );
}

/// OpenAI's short shape
/// (https://platform.openai.com/docs/api-reference/models/object).
final class OpenAIModel extends Model {
  const OpenAIModel({
    required this.created,
    required this.id,
    required this.ownedBy,
    this.object = 'model',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory OpenAIModel.fromJson(Map<String, Object?> json) => OpenAIModel(
    created: read(json, 'created', asInt),
    id: read(json, 'id', asString),
    ownedBy: read(json, 'owned_by', asString),
    object: readOr(json, 'object', asString, 'model'),
  );

  final int created;

  final String id;

  final String ownedBy;

  final String object;

  @override
  Map<String, Object?> toJson() => {
    'created': created,
    'id': id,
    'owned_by': ownedBy,
    'object': object,
  };

  /// A copy in which what is given replaces what is here.
  OpenAIModel copyWith({
    int? created,
    String? id,
    String? ownedBy,
    String? object,
  }) => OpenAIModel(
    created: created ?? this.created,
    id: id ?? this.id,
    ownedBy: ownedBy ?? this.ownedBy,
    object: object ?? this.object,
  );
}

/// What was made; the field of the modality is set.
final class Output extends Model {
  const Output({
    this.artifacts,
    this.images,
    this.logprobs,
    this.mesh,
    this.reasoning,
    this.seed,
    this.text,
    this.toolCalls,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Output.fromJson(Map<String, Object?> json) => Output(
    artifacts: maybe(json, 'artifacts', asList(asModel(Artifact.fromJson))),
    images: maybe(json, 'images', asList(asString)),
    logprobs: maybe(json, 'logprobs', asMap),
    mesh: maybe(json, 'mesh', asString),
    reasoning: maybe(json, 'reasoning', asString),
    seed: maybe(json, 'seed', asInt),
    text: maybe(json, 'text', asString),
    toolCalls: maybe(json, 'tool_calls', asList(asMap)),
  );

  final List<Artifact>? artifacts;

  final List<String>? images;

  final Map<String, Object?>? logprobs;

  final String? mesh;

  final String? reasoning;

  /// Makes the same images or the same mesh again; null where unknown.
  final int? seed;

  final String? text;

  final List<Map<String, Object?>>? toolCalls;

  @override
  Map<String, Object?> toJson() => {
    if (artifacts case final value?) 'artifacts':
        writeList(value, (item) => item.toJson()),
    if (images case final value?) 'images': value,
    if (logprobs case final value?) 'logprobs': value,
    if (mesh case final value?) 'mesh': value,
    if (reasoning case final value?) 'reasoning': value,
    if (seed case final value?) 'seed': value,
    if (text case final value?) 'text': value,
    if (toolCalls case final value?) 'tool_calls': value,
  };

  /// A copy in which what is given replaces what is here.
  Output copyWith({
    List<Artifact>? artifacts,
    List<String>? images,
    Map<String, Object?>? logprobs,
    String? mesh,
    String? reasoning,
    int? seed,
    String? text,
    List<Map<String, Object?>>? toolCalls,
  }) => Output(
    artifacts: artifacts ?? this.artifacts,
    images: images ?? this.images,
    logprobs: logprobs ?? this.logprobs,
    mesh: mesh ?? this.mesh,
    reasoning: reasoning ?? this.reasoning,
    seed: seed ?? this.seed,
    text: text ?? this.text,
    toolCalls: toolCalls ?? this.toolCalls,
  );
}

/// Both passwords.
final class PasswordChange extends Model {
  const PasswordChange({
    required this.currentPassword,
    required this.newPassword,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory PasswordChange.fromJson(Map<String, Object?> json) => PasswordChange(
    currentPassword: read(json, 'current_password', asString),
    newPassword: read(json, 'new_password', asString),
  );

  final String currentPassword;

  /// 8 characters to 1024 bytes.
  final String newPassword;

  @override
  Map<String, Object?> toJson() => {
    'current_password': currentPassword,
    'new_password': newPassword,
  };

  /// A copy in which what is given replaces what is here.
  PasswordChange copyWith({
    String? currentPassword,
    String? newPassword,
  }) => PasswordChange(
    currentPassword: currentPassword ?? this.currentPassword,
    newPassword: newPassword ?? this.newPassword,
  );
}

/// The models that `auto` chooses; one that is gone is passed over. What is
/// left out stays, null takes it away.
final class PreferredModels extends Model {
  const PreferredModels({
    this.threeD,
    this.image,
    this.text,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory PreferredModels.fromJson(Map<String, Object?> json) =>
      PreferredModels(
        threeD: maybe(json, '3d', asString),
        image: maybe(json, 'image', asString),
        text: maybe(json, 'text', asString),
      );

  final String? threeD;

  final String? image;

  final String? text;

  @override
  Map<String, Object?> toJson() => {
    if (threeD case final value?) '3d': value,
    if (image case final value?) 'image': value,
    if (text case final value?) 'text': value,
  };

  /// A copy in which what is given replaces what is here.
  PreferredModels copyWith({
    String? threeD,
    String? image,
    String? text,
  }) => PreferredModels(
    threeD: threeD ?? this.threeD,
    image: image ?? this.image,
    text: text ?? this.text,
  );
}

/// A user, as that user sees it.
final class Profile extends Model {
  const Profile({
    required this.createdAt,
    required this.id,
    required this.preferences,
    required this.preferredModels,
    required this.role,
    this.displayName,
    this.email,
    this.username,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Profile.fromJson(Map<String, Object?> json) => Profile(
    createdAt: read(json, 'created_at', asTime),
    id: read(json, 'id', asString),
    preferences: read(json, 'preferences', asMap),
    preferredModels: read(
      json,
      'preferred_models',
      asModel(PreferredModels.fromJson),
    ),
    role: read(json, 'role', UserRole.fromJson),
    displayName: maybe(json, 'display_name', asString),
    email: maybe(json, 'email', asString),
    username: maybe(json, 'username', asString),
  );

  final DateTime createdAt;

  final String id;

  /// The user interface's own.
  final Map<String, Object?> preferences;

  final PreferredModels preferredModels;

  final UserRole role;

  final String? displayName;

  final String? email;

  final String? username;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'id': id,
    'preferences': preferences,
    'preferred_models': preferredModels.toJson(),
    'role': role,
    if (displayName case final value?) 'display_name': value,
    if (email case final value?) 'email': value,
    if (username case final value?) 'username': value,
  };

  /// A copy in which what is given replaces what is here.
  Profile copyWith({
    DateTime? createdAt,
    String? id,
    Map<String, Object?>? preferences,
    PreferredModels? preferredModels,
    UserRole? role,
    String? displayName,
    String? email,
    String? username,
  }) => Profile(
    createdAt: createdAt ?? this.createdAt,
    id: id ?? this.id,
    preferences: preferences ?? this.preferences,
    preferredModels: preferredModels ?? this.preferredModels,
    role: role ?? this.role,
    displayName: displayName ?? this.displayName,
    email: email ?? this.email,
    username: username ?? this.username,
  );
}

/// What is absent or null stays as it is.
final class ProfileChange extends Model {
  const ProfileChange({
    this.displayName,
    this.email,
    this.preferences,
    this.preferredModels,
    this.username,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProfileChange.fromJson(Map<String, Object?> json) => ProfileChange(
    displayName: maybe(json, 'display_name', asString),
    email: maybe(json, 'email', asString),
    preferences: maybe(json, 'preferences', asMap),
    preferredModels: maybe(
      json,
      'preferred_models',
      asModel(PreferredModels.fromJson),
    ),
    username: maybe(json, 'username', asString),
  );

  final String? displayName;

  final String? email;

  /// Merged by name; a null takes a name away. At most 64 KiB.
  final Map<String, Object?>? preferences;

  final PreferredModels? preferredModels;

  final String? username;

  @override
  Map<String, Object?> toJson() => {
    if (displayName case final value?) 'display_name': value,
    if (email case final value?) 'email': value,
    if (preferences case final value?) 'preferences': value,
    if (preferredModels case final value?) 'preferred_models': value.toJson(),
    if (username case final value?) 'username': value,
  };

  /// A copy in which what is given replaces what is here.
  ProfileChange copyWith({
    String? displayName,
    String? email,
    Map<String, Object?>? preferences,
    PreferredModels? preferredModels,
    String? username,
  }) => ProfileChange(
    displayName: displayName ?? this.displayName,
    email: email ?? this.email,
    preferences: preferences ?? this.preferences,
    preferredModels: preferredModels ?? this.preferredModels,
    username: username ?? this.username,
  );
}

/// One provider.
final class Provider extends Model {
  const Provider({
    required this.configured,
    required this.credentialTypes,
    required this.name,
    required this.supportedModalities,
    required this.title,
    this.creditsStatus,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Provider.fromJson(Map<String, Object?> json) => Provider(
    configured: read(json, 'configured', asBool),
    credentialTypes: read(json, 'credential_types', asMap),
    name: read(json, 'name', asString),
    supportedModalities: read(
      json,
      'supported_modalities',
      asList(Modality.fromJson),
    ),
    title: read(json, 'title', asString),
    creditsStatus: maybe(json, 'credits_status', asModel(Credits.fromJson)),
  );

  /// Whether its models can be used: there is a key, or none is needed.
  final bool configured;

  /// JSON Schema of what `POST /v1/users/provider-keys` takes beside
  /// `provider`: one of `anyOf`.
  final Map<String, Object?> credentialTypes;

  final String name;

  final List<Modality> supportedModalities;

  final String title;

  /// Null without an account, and for this machine.
  final Credits? creditsStatus;

  @override
  Map<String, Object?> toJson() => {
    'configured': configured,
    'credential_types': credentialTypes,
    'name': name,
    'supported_modalities': supportedModalities,
    'title': title,
    if (creditsStatus case final value?) 'credits_status': value.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  Provider copyWith({
    bool? configured,
    Map<String, Object?>? credentialTypes,
    String? name,
    List<Modality>? supportedModalities,
    String? title,
    Credits? creditsStatus,
  }) => Provider(
    configured: configured ?? this.configured,
    credentialTypes: credentialTypes ?? this.credentialTypes,
    name: name ?? this.name,
    supportedModalities: supportedModalities ?? this.supportedModalities,
    title: title ?? this.title,
    creditsStatus: creditsStatus ?? this.creditsStatus,
  );
}

/// A credential as its owner sees it again.
final class ProviderKey extends Model {
  const ProviderKey({
    required this.createdAt,
    required this.credentialType,
    required this.id,
    required this.maskedKey,
    required this.provider,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProviderKey.fromJson(Map<String, Object?> json) => ProviderKey(
    createdAt: read(json, 'created_at', asTime),
    credentialType: read(json, 'credential_type', CredentialType.fromJson),
    id: read(json, 'id', asString),
    maskedKey: read(json, 'masked_key', asString),
    provider: read(json, 'provider', asString),
  );

  final DateTime createdAt;

  final CredentialType credentialType;

  final String id;

  /// Enough to tell keys apart.
  final String maskedKey;

  final String provider;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'credential_type': credentialType,
    'id': id,
    'masked_key': maskedKey,
    'provider': provider,
  };

  /// A copy in which what is given replaces what is here.
  ProviderKey copyWith({
    DateTime? createdAt,
    CredentialType? credentialType,
    String? id,
    String? maskedKey,
    String? provider,
  }) => ProviderKey(
    createdAt: createdAt ?? this.createdAt,
    credentialType: credentialType ?? this.credentialType,
    id: id ?? this.id,
    maskedKey: maskedKey ?? this.maskedKey,
    provider: provider ?? this.provider,
  );
}

/// What the provider says of a credential.
final class ProviderKeyCheck extends Model {
  const ProviderKeyCheck({
    required this.message,
    required this.provider,
    this.models,
    this.valid,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProviderKeyCheck.fromJson(Map<String, Object?> json) =>
      ProviderKeyCheck(
        message: read(json, 'message', asString),
        provider: read(json, 'provider', asString),
        models: maybe(json, 'models', asInt),
        valid: maybe(json, 'valid', asBool),
      );

  final String message;

  final String provider;

  /// How many models it unlocks.
  final int? models;

  /// Null where the provider has no call that tells.
  final bool? valid;

  @override
  Map<String, Object?> toJson() => {
    'message': message,
    'provider': provider,
    if (models case final value?) 'models': value,
    if (valid case final value?) 'valid': value,
  };

  /// A copy in which what is given replaces what is here.
  ProviderKeyCheck copyWith({
    String? message,
    String? provider,
    int? models,
    bool? valid,
  }) => ProviderKeyCheck(
    message: message ?? this.message,
    provider: provider ?? this.provider,
    models: models ?? this.models,
    valid: valid ?? this.valid,
  );
}

/// A credential. What a provider takes is in `credential_types` of `GET
/// /v1/providers`.
final class ProviderKeyCreate extends Model {
  const ProviderKeyCreate({
    required this.credentialType,
    required this.provider,
    this.apiKey,
    this.endpoint,
    this.oauthToken,
    this.serviceAccountJson,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProviderKeyCreate.fromJson(Map<String, Object?> json) =>
      ProviderKeyCreate(
        credentialType: read(json, 'credential_type', CredentialType.fromJson),
        provider: read(json, 'provider', asString),
        apiKey: maybe(json, 'api_key', asString),
        endpoint: maybe(json, 'endpoint', asString),
        oauthToken: maybe(json, 'oauth_token', asString),
        serviceAccountJson: maybe(json, 'service_account_json', asAnything),
      );

  final CredentialType credentialType;

  final String provider;

  /// With `api_key` and `endpoint_key`.
  final String? apiKey;

  /// The base URL that the key is for, with `endpoint_key`.
  final String? endpoint;

  /// An access token that was got elsewhere.
  final String? oauthToken;

  /// A service account's JSON key, as JSON or as its text.
  final Object? serviceAccountJson;

  @override
  Map<String, Object?> toJson() => {
    'credential_type': credentialType,
    'provider': provider,
    if (apiKey case final value?) 'api_key': value,
    if (endpoint case final value?) 'endpoint': value,
    if (oauthToken case final value?) 'oauth_token': value,
    if (serviceAccountJson case final value?) 'service_account_json':
        toWire(value),
  };

  /// A copy in which what is given replaces what is here.
  ProviderKeyCreate copyWith({
    CredentialType? credentialType,
    String? provider,
    String? apiKey,
    String? endpoint,
    String? oauthToken,
    Object? serviceAccountJson,
  }) => ProviderKeyCreate(
    credentialType: credentialType ?? this.credentialType,
    provider: provider ?? this.provider,
    apiKey: apiKey ?? this.apiKey,
    endpoint: endpoint ?? this.endpoint,
    oauthToken: oauthToken ?? this.oauthToken,
    serviceAccountJson: serviceAccountJson ?? this.serviceAccountJson,
  );
}

/// The caller's credentials, newest first.
final class ProviderKeyList extends Model {
  const ProviderKeyList({
    required this.providerKeys,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProviderKeyList.fromJson(Map<String, Object?> json) =>
      ProviderKeyList(
        providerKeys: read(
          json,
          'provider_keys',
          asList(asModel(ProviderKey.fromJson)),
        ),
        nextCursor: maybe(json, 'next_cursor', asString),
      );

  final List<ProviderKey> providerKeys;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'provider_keys': writeList(providerKeys, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  ProviderKeyList copyWith({
    List<ProviderKey>? providerKeys,
    String? nextCursor,
  }) => ProviderKeyList(
    providerKeys: providerKeys ?? this.providerKeys,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// All providers: this machine, then those with an account, then the others,
/// each group by name.
final class ProviderList extends Model {
  const ProviderList({
    required this.providers,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProviderList.fromJson(Map<String, Object?> json) => ProviderList(
    providers: read(json, 'providers', asList(asModel(Provider.fromJson))),
  );

  final List<Provider> providers;

  @override
  Map<String, Object?> toJson() => {
    'providers': writeList(providers, (item) => item.toJson()),
  };

  /// A copy in which what is given replaces what is here.
  ProviderList copyWith({
    List<Provider>? providers,
  }) => ProviderList(
    providers: providers ?? this.providers,
  );
}

/// Each check is `ok` or says what is missing.
final class Readiness extends Model {
  const Readiness({
    required this.checks,
    this.status = 'ready',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Readiness.fromJson(Map<String, Object?> json) => Readiness(
    checks: read(json, 'checks', asMapOf(asString)),
    status: readOr(json, 'status', asString, 'ready'),
  );

  final Map<String, String> checks;

  final String status;

  @override
  Map<String, Object?> toJson() => {
    'checks': checks,
    'status': status,
  };

  /// A copy in which what is given replaces what is here.
  Readiness copyWith({
    Map<String, String>? checks,
    String? status,
  }) => Readiness(
    checks: checks ?? this.checks,
    status: status ?? this.status,
  );
}

/// Another answer.
final class RegenerateRequest extends Model {
  const RegenerateRequest({
    this.messageId,
    this.model,
    this.parameters,
    this.prompt,
    this.stream,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RegenerateRequest.fromJson(Map<String, Object?> json) =>
      RegenerateRequest(
        messageId: maybe(json, 'message_id', asString),
        model: maybe(json, 'model', asString),
        parameters: maybe(json, 'parameters', asMap),
        prompt: maybe(json, 'prompt', asString),
        stream: maybe(json, 'stream', asBool),
      );

  /// The answer, or the prompt before it; none: the last answer.
  final String? messageId;

  /// Who answers this time; none: the model that answered before.
  final String? model;

  /// Instead of those of the earlier answer, which are taken where the model
  /// stays the same.
  final Map<String, Object?>? parameters;

  /// The prompt in other words: edit and resend.
  final String? prompt;

  /// Answer with server-sent events.
  final bool? stream;

  @override
  Map<String, Object?> toJson() => {
    if (messageId case final value?) 'message_id': value,
    if (model case final value?) 'model': value,
    if (parameters case final value?) 'parameters': value,
    if (prompt case final value?) 'prompt': value,
    if (stream case final value?) 'stream': value,
  };

  /// A copy in which what is given replaces what is here.
  RegenerateRequest copyWith({
    String? messageId,
    String? model,
    Map<String, Object?>? parameters,
    String? prompt,
    bool? stream,
  }) => RegenerateRequest(
    messageId: messageId ?? this.messageId,
    model: model ?? this.model,
    parameters: parameters ?? this.parameters,
    prompt: prompt ?? this.prompt,
    stream: stream ?? this.stream,
  );
}

/// A new account; it needs an address or a user name.
final class Registration extends Model {
  const Registration({
    required this.password,
    this.displayName,
    this.email,
    this.inviteToken,
    this.username,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Registration.fromJson(Map<String, Object?> json) => Registration(
    password: read(json, 'password', asString),
    displayName: maybe(json, 'display_name', asString),
    email: maybe(json, 'email', asString),
    inviteToken: maybe(json, 'invite_token', asString),
    username: maybe(json, 'username', asString),
  );

  /// 8 characters to 1024 bytes.
  final String password;

  final String? displayName;

  final String? email;

  final String? inviteToken;

  final String? username;

  @override
  Map<String, Object?> toJson() => {
    'password': password,
    if (displayName case final value?) 'display_name': value,
    if (email case final value?) 'email': value,
    if (inviteToken case final value?) 'invite_token': value,
    if (username case final value?) 'username': value,
  };

  /// A copy in which what is given replaces what is here.
  Registration copyWith({
    String? password,
    String? displayName,
    String? email,
    String? inviteToken,
    String? username,
  }) => Registration(
    password: password ?? this.password,
    displayName: displayName ?? this.displayName,
    email: email ?? this.email,
    inviteToken: inviteToken ?? this.inviteToken,
    username: username ?? this.username,
  );
}

/// What a cleanup removes.
final class Removal extends Model {
  const Removal({
    required this.kind,
    required this.name,
    required this.reason,
    required this.sizeBytes,
    required this.why,
    this.lastUsedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Removal.fromJson(Map<String, Object?> json) => Removal(
    kind: read(json, 'kind', asString),
    name: read(json, 'name', asString),
    reason: read(json, 'reason', asString),
    sizeBytes: read(json, 'size_bytes', asInt),
    why: read(json, 'why', asString),
    lastUsedAt: maybe(json, 'last_used_at', asTime),
  );

  /// One of `model`, `file`.
  final String kind;

  /// A model's id, or a file's path within its model folder.
  final String name;

  /// One of `unused`, `over_limit`, `old_revision`, `unfinished`, `orphaned`.
  final String reason;

  final int sizeBytes;

  final String why;

  final DateTime? lastUsedAt;

  @override
  Map<String, Object?> toJson() => {
    'kind': kind,
    'name': name,
    'reason': reason,
    'size_bytes': sizeBytes,
    'why': why,
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  Removal copyWith({
    String? kind,
    String? name,
    String? reason,
    int? sizeBytes,
    String? why,
    DateTime? lastUsedAt,
  }) => Removal(
    kind: kind ?? this.kind,
    name: name ?? this.name,
    reason: reason ?? this.reason,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    why: why ?? this.why,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
  );
}

/// One page, newest first.
final class RequestList extends Model {
  const RequestList({
    required this.requests,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RequestList.fromJson(Map<String, Object?> json) => RequestList(
    requests: read(json, 'requests', asList(asModel(RequestStatus.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<RequestStatus> requests;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'requests': writeList(requests, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  RequestList copyWith({
    List<RequestStatus>? requests,
    String? nextCursor,
  }) => RequestList(
    requests: requests ?? this.requests,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// A request with the generate response of a background request that has
/// completed.
final class RequestResult extends Model {
  const RequestResult({
    required this.createdAt,
    required this.requestId,
    required this.status,
    this.error,
    this.etaS,
    this.finishedAt,
    this.modality,
    this.model,
    this.progressPct,
    this.queuePosition,
    this.result,
    this.startedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RequestResult.fromJson(Map<String, Object?> json) => RequestResult(
    createdAt: read(json, 'created_at', asTime),
    requestId: read(json, 'request_id', asString),
    status: read(json, 'status', RequestState.fromJson),
    error: maybe(json, 'error', asMap),
    etaS: maybe(json, 'eta_s', asDouble),
    finishedAt: maybe(json, 'finished_at', asTime),
    modality: maybe(json, 'modality', asString),
    model: maybe(json, 'model', asString),
    progressPct: maybe(json, 'progress_pct', asDouble),
    queuePosition: maybe(json, 'queue_position', asInt),
    result: maybe(json, 'result', asModel(GenerateResponse.fromJson)),
    startedAt: maybe(json, 'started_at', asTime),
  );

  final DateTime createdAt;

  final String requestId;

  final RequestState status;

  final Map<String, Object?>? error;

  final double? etaS;

  final DateTime? finishedAt;

  final String? modality;

  final String? model;

  final double? progressPct;

  final int? queuePosition;

  final GenerateResponse? result;

  final DateTime? startedAt;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'request_id': requestId,
    'status': status,
    if (error case final value?) 'error': value,
    if (etaS case final value?) 'eta_s': value,
    if (finishedAt case final value?) 'finished_at': writeTime(value),
    if (modality case final value?) 'modality': value,
    if (model case final value?) 'model': value,
    if (progressPct case final value?) 'progress_pct': value,
    if (queuePosition case final value?) 'queue_position': value,
    if (result case final value?) 'result': value.toJson(),
    if (startedAt case final value?) 'started_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  RequestResult copyWith({
    DateTime? createdAt,
    String? requestId,
    RequestState? status,
    Map<String, Object?>? error,
    double? etaS,
    DateTime? finishedAt,
    String? modality,
    String? model,
    double? progressPct,
    int? queuePosition,
    GenerateResponse? result,
    DateTime? startedAt,
  }) => RequestResult(
    createdAt: createdAt ?? this.createdAt,
    requestId: requestId ?? this.requestId,
    status: status ?? this.status,
    error: error ?? this.error,
    etaS: etaS ?? this.etaS,
    finishedAt: finishedAt ?? this.finishedAt,
    modality: modality ?? this.modality,
    model: model ?? this.model,
    progressPct: progressPct ?? this.progressPct,
    queuePosition: queuePosition ?? this.queuePosition,
    result: result ?? this.result,
    startedAt: startedAt ?? this.startedAt,
  );
}

/// How far a request is.
///
/// A newer server may send others: they are kept as they are.
extension type const RequestState(String value) implements String {
  /// Reads it.
  factory RequestState.fromJson(Object? value) => RequestState(asString(value));

  static const pending = RequestState('pending');
  static const queued = RequestState('queued');
  static const running = RequestState('running');
  static const completed = RequestState('completed');
  static const cancelled = RequestState('cancelled');
  static const failed = RequestState('failed');

  /// Those that are known.
  static const List<RequestState> values = [
    pending,
    queued,
    running,
    completed,
    cancelled,
    failed,
  ];
}

/// How far a request is. `queue_position` (1 is next) and `eta_s` (seconds)
/// only while it is queued.
final class RequestStatus extends Model {
  const RequestStatus({
    required this.createdAt,
    required this.requestId,
    required this.status,
    this.error,
    this.etaS,
    this.finishedAt,
    this.modality,
    this.model,
    this.progressPct,
    this.queuePosition,
    this.startedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RequestStatus.fromJson(Map<String, Object?> json) => RequestStatus(
    createdAt: read(json, 'created_at', asTime),
    requestId: read(json, 'request_id', asString),
    status: read(json, 'status', RequestState.fromJson),
    error: maybe(json, 'error', asMap),
    etaS: maybe(json, 'eta_s', asDouble),
    finishedAt: maybe(json, 'finished_at', asTime),
    modality: maybe(json, 'modality', asString),
    model: maybe(json, 'model', asString),
    progressPct: maybe(json, 'progress_pct', asDouble),
    queuePosition: maybe(json, 'queue_position', asInt),
    startedAt: maybe(json, 'started_at', asTime),
  );

  final DateTime createdAt;

  final String requestId;

  final RequestState status;

  final Map<String, Object?>? error;

  final double? etaS;

  final DateTime? finishedAt;

  final String? modality;

  final String? model;

  final double? progressPct;

  final int? queuePosition;

  final DateTime? startedAt;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'request_id': requestId,
    'status': status,
    if (error case final value?) 'error': value,
    if (etaS case final value?) 'eta_s': value,
    if (finishedAt case final value?) 'finished_at': writeTime(value),
    if (modality case final value?) 'modality': value,
    if (model case final value?) 'model': value,
    if (progressPct case final value?) 'progress_pct': value,
    if (queuePosition case final value?) 'queue_position': value,
    if (startedAt case final value?) 'started_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  RequestStatus copyWith({
    DateTime? createdAt,
    String? requestId,
    RequestState? status,
    Map<String, Object?>? error,
    double? etaS,
    DateTime? finishedAt,
    String? modality,
    String? model,
    double? progressPct,
    int? queuePosition,
    DateTime? startedAt,
  }) => RequestStatus(
    createdAt: createdAt ?? this.createdAt,
    requestId: requestId ?? this.requestId,
    status: status ?? this.status,
    error: error ?? this.error,
    etaS: etaS ?? this.etaS,
    finishedAt: finishedAt ?? this.finishedAt,
    modality: modality ?? this.modality,
    model: model ?? this.model,
    progressPct: progressPct ?? this.progressPct,
    queuePosition: queuePosition ?? this.queuePosition,
    startedAt: startedAt ?? this.startedAt,
  );
}

/// What became of a wish to load or unload.
final class RuntimeChange extends Model {
  const RuntimeChange({
    required this.message,
    required this.modelId,
    required this.status,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RuntimeChange.fromJson(Map<String, Object?> json) => RuntimeChange(
    message: read(json, 'message', asString),
    modelId: read(json, 'model_id', asString),
    status: read(json, 'status', RuntimeState.fromJson),
  );

  final String message;

  final String modelId;

  final RuntimeState status;

  @override
  Map<String, Object?> toJson() => {
    'message': message,
    'model_id': modelId,
    'status': status,
  };

  /// A copy in which what is given replaces what is here.
  RuntimeChange copyWith({
    String? message,
    String? modelId,
    RuntimeState? status,
  }) => RuntimeChange(
    message: message ?? this.message,
    modelId: modelId ?? this.modelId,
    status: status ?? this.status,
  );
}

/// Whether a local model's weights are in memory. `busy`: at least one active
/// request.
///
/// A newer server may send others: they are kept as they are.
extension type const RuntimeState(String value) implements String {
  /// Reads it.
  factory RuntimeState.fromJson(Object? value) => RuntimeState(asString(value));

  static const unloaded = RuntimeState('unloaded');
  static const loading = RuntimeState('loading');
  static const loaded = RuntimeState('loaded');
  static const busy = RuntimeState('busy');

  /// Those that are known.
  static const List<RuntimeState> values = [unloaded, loading, loaded, busy];
}

/// Whether a local model is in memory, and what it is doing.
final class RuntimeStatusInfo extends Model {
  const RuntimeStatusInfo({
    required this.modelId,
    required this.pinned,
    required this.queueDepth,
    required this.runtimeStatus,
    this.device,
    this.lastError,
    this.lastUsedAt,
    this.loadedAt,
    this.memoryBytes,
    this.until,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RuntimeStatusInfo.fromJson(Map<String, Object?> json) =>
      RuntimeStatusInfo(
        modelId: read(json, 'model_id', asString),
        pinned: read(json, 'pinned', asBool),
        queueDepth: read(json, 'queue_depth', asInt),
        runtimeStatus: read(json, 'runtime_status', RuntimeState.fromJson),
        device: maybe(json, 'device', asString),
        lastError: maybe(json, 'last_error', asString),
        lastUsedAt: maybe(json, 'last_used_at', asTime),
        loadedAt: maybe(json, 'loaded_at', asTime),
        memoryBytes: maybe(json, 'memory_bytes', asInt),
        until: maybe(json, 'until', asTime),
      );

  final String modelId;

  final bool pinned;

  final int queueDepth;

  final RuntimeState runtimeStatus;

  /// Where it computes: `cpu`, `cuda`, `mps`, …
  final String? device;

  final String? lastError;

  final DateTime? lastUsedAt;

  final DateTime? loadedAt;

  final int? memoryBytes;

  /// When it is unloaded if nobody asks; null while pinned or in use.
  final DateTime? until;

  @override
  Map<String, Object?> toJson() => {
    'model_id': modelId,
    'pinned': pinned,
    'queue_depth': queueDepth,
    'runtime_status': runtimeStatus,
    if (device case final value?) 'device': value,
    if (lastError case final value?) 'last_error': value,
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
    if (loadedAt case final value?) 'loaded_at': writeTime(value),
    if (memoryBytes case final value?) 'memory_bytes': value,
    if (until case final value?) 'until': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  RuntimeStatusInfo copyWith({
    String? modelId,
    bool? pinned,
    int? queueDepth,
    RuntimeState? runtimeStatus,
    String? device,
    String? lastError,
    DateTime? lastUsedAt,
    DateTime? loadedAt,
    int? memoryBytes,
    DateTime? until,
  }) => RuntimeStatusInfo(
    modelId: modelId ?? this.modelId,
    pinned: pinned ?? this.pinned,
    queueDepth: queueDepth ?? this.queueDepth,
    runtimeStatus: runtimeStatus ?? this.runtimeStatus,
    device: device ?? this.device,
    lastError: lastError ?? this.lastError,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    loadedAt: loadedAt ?? this.loadedAt,
    memoryBytes: memoryBytes ?? this.memoryBytes,
    until: until ?? this.until,
  );
}

/// Every parameter that some model takes, and how to ask.
final class SchemaInfo extends Model {
  const SchemaInfo({
    required this.generate,
    required this.parameters,
    required this.version,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SchemaInfo.fromJson(Map<String, Object?> json) => SchemaInfo(
    generate: read(json, 'generate', asModel(GenerateGuide.fromJson)),
    parameters: read(json, 'parameters', asMap),
    version: read(json, 'version', asString),
  );

  final GenerateGuide generate;

  /// JSON Schema by name of parameter.
  final Map<String, Object?> parameters;

  final String version;

  @override
  Map<String, Object?> toJson() => {
    'generate': generate.toJson(),
    'parameters': parameters,
    'version': version,
  };

  /// A copy in which what is given replaces what is here.
  SchemaInfo copyWith({
    GenerateGuide? generate,
    Map<String, Object?>? parameters,
    String? version,
  }) => SchemaInfo(
    generate: generate ?? this.generate,
    parameters: parameters ?? this.parameters,
    version: version ?? this.version,
  );
}

/// Who answered, and why.
final class Selection extends Model {
  const Selection({
    required this.attempts,
    required this.fallbackUsed,
    required this.reason,
    required this.requested,
    required this.selectedModel,
    required this.selectedProvider,
    this.fallbackReason,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Selection.fromJson(Map<String, Object?> json) => Selection(
    attempts: read(json, 'attempts', asList(asModel(Attempt.fromJson))),
    fallbackUsed: read(json, 'fallback_used', asBool),
    reason: read(json, 'reason', asString),
    requested: read(json, 'requested', asString),
    selectedModel: read(json, 'selected_model', asString),
    selectedProvider: read(json, 'selected_provider', asString),
    fallbackReason: maybe(json, 'fallback_reason', FallbackReason.fromJson),
  );

  final List<Attempt> attempts;

  /// Whether another model answered than the one that was chosen first.
  final bool fallbackUsed;

  final String reason;

  final String requested;

  final String selectedModel;

  final String selectedProvider;

  /// Why the first one did not.
  final FallbackReason? fallbackReason;

  @override
  Map<String, Object?> toJson() => {
    'attempts': writeList(attempts, (item) => item.toJson()),
    'fallback_used': fallbackUsed,
    'reason': reason,
    'requested': requested,
    'selected_model': selectedModel,
    'selected_provider': selectedProvider,
    if (fallbackReason case final value?) 'fallback_reason': value,
  };

  /// A copy in which what is given replaces what is here.
  Selection copyWith({
    List<Attempt>? attempts,
    bool? fallbackUsed,
    String? reason,
    String? requested,
    String? selectedModel,
    String? selectedProvider,
    FallbackReason? fallbackReason,
  }) => Selection(
    attempts: attempts ?? this.attempts,
    fallbackUsed: fallbackUsed ?? this.fallbackUsed,
    reason: reason ?? this.reason,
    requested: requested ?? this.requested,
    selectedModel: selectedModel ?? this.selectedModel,
    selectedProvider: selectedProvider ?? this.selectedProvider,
    fallbackReason: fallbackReason ?? this.fallbackReason,
  );
}

/// A value of `SelectionMode`.
///
/// A newer server may send others: they are kept as they are.
extension type const SelectionMode(String value) implements String {
  /// Reads it.
  factory SelectionMode.fromJson(Object? value) =>
      SelectionMode(asString(value));

  static const auto = SelectionMode('auto');
  static const commercialOnly = SelectionMode('commercial_only');
  static const freeOnly = SelectionMode('free_only');
  static const model = SelectionMode('model');

  /// Those that are known.
  static const List<SelectionMode> values = [
    auto,
    commercialOnly,
    freeOnly,
    model,
  ];
}

/// A session.
final class Session extends Model {
  const Session({
    required this.createdAt,
    required this.id,
    required this.lastUsedAt,
    required this.messageCount,
    required this.status,
    this.closedAt,
    this.stateTokens,
    this.systemPrompt,
    this.title,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Session.fromJson(Map<String, Object?> json) => Session(
    createdAt: read(json, 'created_at', asTime),
    id: read(json, 'id', asString),
    lastUsedAt: read(json, 'last_used_at', asTime),
    messageCount: read(json, 'message_count', asInt),
    status: read(json, 'status', SessionStatus.fromJson),
    closedAt: maybe(json, 'closed_at', asTime),
    stateTokens: maybe(json, 'state_tokens', asMap),
    systemPrompt: maybe(json, 'system_prompt', asString),
    title: maybe(json, 'title', asString),
  );

  final DateTime createdAt;

  final String id;

  final DateTime lastUsedAt;

  /// Prompts and answers; earlier answers are not counted.
  final int messageCount;

  final SessionStatus status;

  final DateTime? closedAt;

  final Map<String, Object?>? stateTokens;

  final String? systemPrompt;

  final String? title;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'id': id,
    'last_used_at': writeTime(lastUsedAt),
    'message_count': messageCount,
    'status': status,
    if (closedAt case final value?) 'closed_at': writeTime(value),
    if (stateTokens case final value?) 'state_tokens': value,
    if (systemPrompt case final value?) 'system_prompt': value,
    if (title case final value?) 'title': value,
  };

  /// A copy in which what is given replaces what is here.
  Session copyWith({
    DateTime? createdAt,
    String? id,
    DateTime? lastUsedAt,
    int? messageCount,
    SessionStatus? status,
    DateTime? closedAt,
    Map<String, Object?>? stateTokens,
    String? systemPrompt,
    String? title,
  }) => Session(
    createdAt: createdAt ?? this.createdAt,
    id: id ?? this.id,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    messageCount: messageCount ?? this.messageCount,
    status: status ?? this.status,
    closedAt: closedAt ?? this.closedAt,
    stateTokens: stateTokens ?? this.stateTokens,
    systemPrompt: systemPrompt ?? this.systemPrompt,
    title: title ?? this.title,
  );
}

/// A session as somebody begins or changes it: what is absent stays as it is,
/// an empty text is none.
final class SessionBody extends Model {
  const SessionBody({
    this.systemPrompt,
    this.title,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SessionBody.fromJson(Map<String, Object?> json) => SessionBody(
    systemPrompt: maybe(json, 'system_prompt', asString),
    title: maybe(json, 'title', asString),
  );

  /// Goes before the messages of every text turn.
  final String? systemPrompt;

  /// Without one, the first prompt makes one.
  final String? title;

  @override
  Map<String, Object?> toJson() => {
    if (systemPrompt case final value?) 'system_prompt': value,
    if (title case final value?) 'title': value,
  };

  /// A copy in which what is given replaces what is here.
  SessionBody copyWith({
    String? systemPrompt,
    String? title,
  }) => SessionBody(
    systemPrompt: systemPrompt ?? this.systemPrompt,
    title: title ?? this.title,
  );
}

/// A session with a page of its messages: the newest first, each page in order.
final class SessionDetail extends Model {
  const SessionDetail({
    required this.createdAt,
    required this.id,
    required this.lastUsedAt,
    required this.messageCount,
    required this.messages,
    required this.status,
    this.closedAt,
    this.nextCursor,
    this.stateTokens,
    this.systemPrompt,
    this.title,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SessionDetail.fromJson(Map<String, Object?> json) => SessionDetail(
    createdAt: read(json, 'created_at', asTime),
    id: read(json, 'id', asString),
    lastUsedAt: read(json, 'last_used_at', asTime),
    messageCount: read(json, 'message_count', asInt),
    messages: read(json, 'messages', asList(asModel(SessionMessage.fromJson))),
    status: read(json, 'status', SessionStatus.fromJson),
    closedAt: maybe(json, 'closed_at', asTime),
    nextCursor: maybe(json, 'next_cursor', asString),
    stateTokens: maybe(json, 'state_tokens', asMap),
    systemPrompt: maybe(json, 'system_prompt', asString),
    title: maybe(json, 'title', asString),
  );

  final DateTime createdAt;

  final String id;

  final DateTime lastUsedAt;

  /// Prompts and answers; earlier answers are not counted.
  final int messageCount;

  final List<SessionMessage> messages;

  final SessionStatus status;

  final DateTime? closedAt;

  /// Leads to older messages.
  final String? nextCursor;

  final Map<String, Object?>? stateTokens;

  final String? systemPrompt;

  final String? title;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'id': id,
    'last_used_at': writeTime(lastUsedAt),
    'message_count': messageCount,
    'messages': writeList(messages, (item) => item.toJson()),
    'status': status,
    if (closedAt case final value?) 'closed_at': writeTime(value),
    if (nextCursor case final value?) 'next_cursor': value,
    if (stateTokens case final value?) 'state_tokens': value,
    if (systemPrompt case final value?) 'system_prompt': value,
    if (title case final value?) 'title': value,
  };

  /// A copy in which what is given replaces what is here.
  SessionDetail copyWith({
    DateTime? createdAt,
    String? id,
    DateTime? lastUsedAt,
    int? messageCount,
    List<SessionMessage>? messages,
    SessionStatus? status,
    DateTime? closedAt,
    String? nextCursor,
    Map<String, Object?>? stateTokens,
    String? systemPrompt,
    String? title,
  }) => SessionDetail(
    createdAt: createdAt ?? this.createdAt,
    id: id ?? this.id,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    messageCount: messageCount ?? this.messageCount,
    messages: messages ?? this.messages,
    status: status ?? this.status,
    closedAt: closedAt ?? this.closedAt,
    nextCursor: nextCursor ?? this.nextCursor,
    stateTokens: stateTokens ?? this.stateTokens,
    systemPrompt: systemPrompt ?? this.systemPrompt,
    title: title ?? this.title,
  );
}

/// One's own sessions, those used last first.
final class SessionList extends Model {
  const SessionList({
    required this.sessions,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SessionList.fromJson(Map<String, Object?> json) => SessionList(
    sessions: read(json, 'sessions', asList(asModel(Session.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<Session> sessions;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'sessions': writeList(sessions, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  SessionList copyWith({
    List<Session>? sessions,
    String? nextCursor,
  }) => SessionList(
    sessions: sessions ?? this.sessions,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// A message of a session.
final class SessionMessage extends Model {
  const SessionMessage({
    required this.createdAt,
    required this.id,
    required this.modality,
    required this.requestId,
    required this.role,
    this.alternatives = const [],
    this.artifacts,
    this.content,
    this.finishReason,
    this.images,
    this.model,
    this.name,
    this.parameters,
    this.provider,
    this.reasoning,
    this.toolCallId,
    this.toolCalls,
    this.usage,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SessionMessage.fromJson(Map<String, Object?> json) => SessionMessage(
    createdAt: read(json, 'created_at', asTime),
    id: read(json, 'id', asString),
    modality: read(json, 'modality', Modality.fromJson),
    requestId: read(json, 'request_id', asString),
    role: read(json, 'role', MessageRole.fromJson),
    alternatives: readOr(
      json,
      'alternatives',
      asList(asModel(SessionMessage.fromJson)),
      const [],
    ),
    artifacts: maybe(json, 'artifacts', asList(asModel(Artifact.fromJson))),
    content: maybe(json, 'content', asStringOr(asList(asMap))),
    finishReason: maybe(json, 'finish_reason', asString),
    images: maybe(json, 'images', asList(asString)),
    model: maybe(json, 'model', asString),
    name: maybe(json, 'name', asString),
    parameters: maybe(json, 'parameters', asMap),
    provider: maybe(json, 'provider', asString),
    reasoning: maybe(json, 'reasoning', asString),
    toolCallId: maybe(json, 'tool_call_id', asString),
    toolCalls: maybe(json, 'tool_calls', asList(asMap)),
    usage: maybe(json, 'usage', asMap),
  );

  final DateTime createdAt;

  final String id;

  /// Of the answer that the message is, or led to.
  final Modality modality;

  final String requestId;

  final MessageRole role;

  /// Earlier answers, and what followed them, in the place of which this
  /// message is; in order.
  final List<SessionMessage> alternatives;

  /// What was made, and the images that a prompt brought; addresses are new at
  /// every read.
  final List<Artifact>? artifacts;

  /// Text or content parts, whose images are `artifact:ID`; null for images and
  /// meshes that were made A `String` or a `List<Map<String, Object?>>`.
  final Object? content;

  /// Of an answer; `cancelled` or `error` where it was cut off.
  final String? finishReason;

  /// Addresses that show the message's images.
  final List<String>? images;

  final String? model;

  final String? name;

  final Map<String, Object?>? parameters;

  final String? provider;

  final String? reasoning;

  final String? toolCallId;

  final List<Map<String, Object?>>? toolCalls;

  final Map<String, Object?>? usage;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'id': id,
    'modality': modality,
    'request_id': requestId,
    'role': role,
    'alternatives': writeList(alternatives, (item) => item.toJson()),
    if (artifacts case final value?) 'artifacts':
        writeList(value, (item) => item.toJson()),
    if (content case final value?) 'content': toWire(value),
    if (finishReason case final value?) 'finish_reason': value,
    if (images case final value?) 'images': value,
    if (model case final value?) 'model': value,
    if (name case final value?) 'name': value,
    if (parameters case final value?) 'parameters': value,
    if (provider case final value?) 'provider': value,
    if (reasoning case final value?) 'reasoning': value,
    if (toolCallId case final value?) 'tool_call_id': value,
    if (toolCalls case final value?) 'tool_calls': value,
    if (usage case final value?) 'usage': value,
  };

  /// A copy in which what is given replaces what is here.
  SessionMessage copyWith({
    DateTime? createdAt,
    String? id,
    Modality? modality,
    String? requestId,
    MessageRole? role,
    List<SessionMessage>? alternatives,
    List<Artifact>? artifacts,
    Object? content,
    String? finishReason,
    List<String>? images,
    String? model,
    String? name,
    Map<String, Object?>? parameters,
    String? provider,
    String? reasoning,
    String? toolCallId,
    List<Map<String, Object?>>? toolCalls,
    Map<String, Object?>? usage,
  }) => SessionMessage(
    createdAt: createdAt ?? this.createdAt,
    id: id ?? this.id,
    modality: modality ?? this.modality,
    requestId: requestId ?? this.requestId,
    role: role ?? this.role,
    alternatives: alternatives ?? this.alternatives,
    artifacts: artifacts ?? this.artifacts,
    content: content ?? this.content,
    finishReason: finishReason ?? this.finishReason,
    images: images ?? this.images,
    model: model ?? this.model,
    name: name ?? this.name,
    parameters: parameters ?? this.parameters,
    provider: provider ?? this.provider,
    reasoning: reasoning ?? this.reasoning,
    toolCallId: toolCallId ?? this.toolCallId,
    toolCalls: toolCalls ?? this.toolCalls,
    usage: usage ?? this.usage,
  );
}

/// Whether a session goes on.
///
/// A newer server may send others: they are kept as they are.
extension type const SessionStatus(String value) implements String {
  /// Reads it.
  factory SessionStatus.fromJson(Object? value) =>
      SessionStatus(asString(value));

  static const active = SessionStatus('active');
  static const closed = SessionStatus('closed');

  /// Those that are known.
  static const List<SessionStatus> values = [active, closed];
}

/// Where a model comes from.
final class Source extends Model {
  const Source({
    this.revision,
    this.type,
    this.uri,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Source.fromJson(Map<String, Object?> json) => Source(
    revision: maybe(json, 'revision', asString),
    type: maybe(json, 'type', asString),
    uri: maybe(json, 'uri', asString),
  );

  final String? revision;

  final String? type;

  final String? uri;

  @override
  Map<String, Object?> toJson() => {
    if (revision case final value?) 'revision': value,
    if (type case final value?) 'type': value,
    if (uri case final value?) 'uri': value,
  };

  /// A copy in which what is given replaces what is here.
  Source copyWith({
    String? revision,
    String? type,
    String? uri,
  }) => Source(
    revision: revision ?? this.revision,
    type: type ?? this.type,
    uri: uri ?? this.uri,
  );
}

/// Where a model comes from.
final class SourceInfo extends Model {
  const SourceInfo({
    this.revision,
    this.type,
    this.uri,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SourceInfo.fromJson(Map<String, Object?> json) => SourceInfo(
    revision: maybe(json, 'revision', asString),
    type: maybe(json, 'type', asString),
    uri: maybe(json, 'uri', asString),
  );

  final String? revision;

  final String? type;

  final String? uri;

  @override
  Map<String, Object?> toJson() => {
    if (revision case final value?) 'revision': value,
    if (type case final value?) 'type': value,
    if (uri case final value?) 'uri': value,
  };

  /// A copy in which what is given replaces what is here.
  SourceInfo copyWith({
    String? revision,
    String? type,
    String? uri,
  }) => SourceInfo(
    revision: revision ?? this.revision,
    type: type ?? this.type,
    uri: uri ?? this.uri,
  );
}

/// What model files take on disk.
final class Storage extends Model {
  const Storage({
    required this.freeBytes,
    required this.models,
    required this.usedBytes,
    this.limitBytes,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Storage.fromJson(Map<String, Object?> json) => Storage(
    freeBytes: read(json, 'free_bytes', asInt),
    models: read(json, 'models', asList(asModel(StoredModel.fromJson))),
    usedBytes: read(json, 'used_bytes', asInt),
    limitBytes: maybe(json, 'limit_bytes', asInt),
  );

  /// Left on the disk of the folder that takes downloads.
  final int freeBytes;

  /// Largest first.
  final List<StoredModel> models;

  /// All files in the model folders, each once, unfinished downloads too.
  final int usedBytes;

  /// What they may take (`PLUGGABLY_STORAGE__MAX_MODEL_GB`); null: no limit.
  final int? limitBytes;

  @override
  Map<String, Object?> toJson() => {
    'free_bytes': freeBytes,
    'models': writeList(models, (item) => item.toJson()),
    'used_bytes': usedBytes,
    if (limitBytes case final value?) 'limit_bytes': value,
  };

  /// A copy in which what is given replaces what is here.
  Storage copyWith({
    int? freeBytes,
    List<StoredModel>? models,
    int? usedBytes,
    int? limitBytes,
  }) => Storage(
    freeBytes: freeBytes ?? this.freeBytes,
    models: models ?? this.models,
    usedBytes: usedBytes ?? this.usedBytes,
    limitBytes: limitBytes ?? this.limitBytes,
  );
}

/// A model with files on this machine.
final class StoredModel extends Model {
  const StoredModel({
    required this.id,
    required this.pinned,
    required this.status,
    this.lastUsedAt,
    this.localPath,
    this.sizeBytes,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory StoredModel.fromJson(Map<String, Object?> json) => StoredModel(
    id: read(json, 'id', asString),
    pinned: read(json, 'pinned', asBool),
    status: read(json, 'status', asString),
    lastUsedAt: maybe(json, 'last_used_at', asTime),
    localPath: maybe(json, 'local_path', asString),
    sizeBytes: maybe(json, 'size_bytes', asInt),
  );

  final String id;

  final bool pinned;

  final String status;

  final DateTime? lastUsedAt;

  /// Shown to admins alone.
  final String? localPath;

  /// Of its files; null where they are gone.
  final int? sizeBytes;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'pinned': pinned,
    'status': status,
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
    if (localPath case final value?) 'local_path': value,
    if (sizeBytes case final value?) 'size_bytes': value,
  };

  /// A copy in which what is given replaces what is here.
  StoredModel copyWith({
    String? id,
    bool? pinned,
    String? status,
    DateTime? lastUsedAt,
    String? localPath,
    int? sizeBytes,
  }) => StoredModel(
    id: id ?? this.id,
    pinned: pinned ?? this.pinned,
    status: status ?? this.status,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    localPath: localPath ?? this.localPath,
    sizeBytes: sizeBytes ?? this.sizeBytes,
  );
}

/// Text inside a message.
final class TextPart extends ContentPart {
  const TextPart({
    required this.text,
    this.type = 'text',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory TextPart.fromJson(Map<String, Object?> json) => TextPart(
    text: read(json, 'text', asString),
    type: readOr(json, 'type', asString, 'text'),
  );

  final String text;

  final String type;

  @override
  Map<String, Object?> toJson() => {
    'text': text,
    'type': type,
  };

  /// A copy in which what is given replaces what is here.
  TextPart copyWith({
    String? text,
    String? type,
  }) => TextPart(
    text: text ?? this.text,
    type: type ?? this.type,
  );
}

/// Milliseconds.
final class Timing extends Model {
  const Timing({
    required this.loadMs,
    required this.queueMs,
    required this.totalMs,
    this.firstOutputMs,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Timing.fromJson(Map<String, Object?> json) => Timing(
    loadMs: read(json, 'load_ms', asInt),
    queueMs: read(json, 'queue_ms', asInt),
    totalMs: read(json, 'total_ms', asInt),
    firstOutputMs: maybe(json, 'first_output_ms', asInt),
  );

  final int loadMs;

  final int queueMs;

  final int totalMs;

  final int? firstOutputMs;

  @override
  Map<String, Object?> toJson() => {
    'load_ms': loadMs,
    'queue_ms': queueMs,
    'total_ms': totalMs,
    if (firstOutputMs case final value?) 'first_output_ms': value,
  };

  /// A copy in which what is given replaces what is here.
  Timing copyWith({
    int? loadMs,
    int? queueMs,
    int? totalMs,
    int? firstOutputMs,
  }) => Timing(
    loadMs: loadMs ?? this.loadMs,
    queueMs: queueMs ?? this.queueMs,
    totalMs: totalMs ?? this.totalMs,
    firstOutputMs: firstOutputMs ?? this.firstOutputMs,
  );
}

/// A new token.
final class TokenCreate extends Model {
  const TokenCreate({
    required this.name,
    this.expiresDays,
    this.scopes,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory TokenCreate.fromJson(Map<String, Object?> json) => TokenCreate(
    name: read(json, 'name', asString),
    expiresDays: maybe(json, 'expires_days', asInt),
    scopes: maybe(json, 'scopes', asList(TokenScope.fromJson)),
  );

  final String name;

  /// None: it lasts as long as what makes it.
  final int? expiresDays;

  /// None: those of the credential that makes it. More than these: 403.
  final List<TokenScope>? scopes;

  @override
  Map<String, Object?> toJson() => {
    'name': name,
    if (expiresDays case final value?) 'expires_days': value,
    if (scopes case final value?) 'scopes': value,
  };

  /// A copy in which what is given replaces what is here.
  TokenCreate copyWith({
    String? name,
    int? expiresDays,
    List<TokenScope>? scopes,
  }) => TokenCreate(
    name: name ?? this.name,
    expiresDays: expiresDays ?? this.expiresDays,
    scopes: scopes ?? this.scopes,
  );
}

/// The one time that a token is shown.
final class TokenCreated extends Model {
  const TokenCreated({
    required this.info,
    required this.token,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory TokenCreated.fromJson(Map<String, Object?> json) => TokenCreated(
    info: read(json, 'info', asModel(UserToken.fromJson)),
    token: read(json, 'token', asString),
  );

  final UserToken info;

  final String token;

  @override
  Map<String, Object?> toJson() => {
    'info': info.toJson(),
    'token': token,
  };

  /// A copy in which what is given replaces what is here.
  TokenCreated copyWith({
    UserToken? info,
    String? token,
  }) => TokenCreated(
    info: info ?? this.info,
    token: token ?? this.token,
  );
}

/// One's own tokens, newest first.
final class TokenList extends Model {
  const TokenList({
    required this.tokens,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory TokenList.fromJson(Map<String, Object?> json) => TokenList(
    tokens: read(json, 'tokens', asList(asModel(UserToken.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<UserToken> tokens;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'tokens': writeList(tokens, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  TokenList copyWith({
    List<UserToken>? tokens,
    String? nextCursor,
  }) => TokenList(
    tokens: tokens ?? this.tokens,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// A value of `TokenScope`.
///
/// A newer server may send others: they are kept as they are.
extension type const TokenScope(String value) implements String {
  /// Reads it.
  factory TokenScope.fromJson(Object? value) => TokenScope(asString(value));

  static const generate = TokenScope('generate');
  static const manage = TokenScope('manage');
  static const read = TokenScope('read');

  /// Those that are known.
  static const List<TokenScope> values = [generate, manage, read];
}

/// Sums over requests.
final class Totals extends Model {
  const Totals({
    required this.cachedPromptTokens,
    required this.cancelled,
    required this.completionTokens,
    required this.errors,
    required this.promptTokens,
    required this.reasoningTokens,
    required this.requests,
    required this.totalTokens,
    this.costUsd,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Totals.fromJson(Map<String, Object?> json) => Totals(
    cachedPromptTokens: read(json, 'cached_prompt_tokens', asInt),
    cancelled: read(json, 'cancelled', asInt),
    completionTokens: read(json, 'completion_tokens', asInt),
    errors: read(json, 'errors', asInt),
    promptTokens: read(json, 'prompt_tokens', asInt),
    reasoningTokens: read(json, 'reasoning_tokens', asInt),
    requests: read(json, 'requests', asInt),
    totalTokens: read(json, 'total_tokens', asInt),
    costUsd: maybe(json, 'cost_usd', asDouble),
  );

  /// Those of `prompt_tokens` that providers read from their caches.
  final int cachedPromptTokens;

  /// Those that were cancelled, or whose client went away.
  final int cancelled;

  final int completionTokens;

  /// Those that failed.
  final int errors;

  final int promptTokens;

  /// Those of `completion_tokens` that models thought with.
  final int reasoningTokens;

  /// All of them, also those that failed or were cancelled.
  final int requests;

  final int totalTokens;

  /// Null where no request has a known price.
  final double? costUsd;

  @override
  Map<String, Object?> toJson() => {
    'cached_prompt_tokens': cachedPromptTokens,
    'cancelled': cancelled,
    'completion_tokens': completionTokens,
    'errors': errors,
    'prompt_tokens': promptTokens,
    'reasoning_tokens': reasoningTokens,
    'requests': requests,
    'total_tokens': totalTokens,
    if (costUsd case final value?) 'cost_usd': value,
  };

  /// A copy in which what is given replaces what is here.
  Totals copyWith({
    int? cachedPromptTokens,
    int? cancelled,
    int? completionTokens,
    int? errors,
    int? promptTokens,
    int? reasoningTokens,
    int? requests,
    int? totalTokens,
    double? costUsd,
  }) => Totals(
    cachedPromptTokens: cachedPromptTokens ?? this.cachedPromptTokens,
    cancelled: cancelled ?? this.cancelled,
    completionTokens: completionTokens ?? this.completionTokens,
    errors: errors ?? this.errors,
    promptTokens: promptTokens ?? this.promptTokens,
    reasoningTokens: reasoningTokens ?? this.reasoningTokens,
    requests: requests ?? this.requests,
    totalTokens: totalTokens ?? this.totalTokens,
    costUsd: costUsd ?? this.costUsd,
  );
}

/// How to unload.
final class UnloadRequest extends Model {
  const UnloadRequest({
    this.force = false,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UnloadRequest.fromJson(Map<String, Object?> json) => UnloadRequest(
    force: readOr(json, 'force', asBool, false),
  );

  /// Override a pin, and let running requests finish first.
  final bool force;

  @override
  Map<String, Object?> toJson() => {
    'force': force,
  };

  /// A copy in which what is given replaces what is here.
  UnloadRequest copyWith({
    bool? force,
  }) => UnloadRequest(
    force: force ?? this.force,
  );
}

/// Tokens, and what they cost where the price is known.
final class Usage extends Model {
  const Usage({
    this.cachedPromptTokens,
    this.completionTokens,
    this.costUsd,
    this.promptTokens,
    this.reasoningTokens,
    this.totalTokens,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Usage.fromJson(Map<String, Object?> json) => Usage(
    cachedPromptTokens: maybe(json, 'cached_prompt_tokens', asInt),
    completionTokens: maybe(json, 'completion_tokens', asInt),
    costUsd: maybe(json, 'cost_usd', asDouble),
    promptTokens: maybe(json, 'prompt_tokens', asInt),
    reasoningTokens: maybe(json, 'reasoning_tokens', asInt),
    totalTokens: maybe(json, 'total_tokens', asInt),
  );

  /// Those of the prompt that the provider read from its own cache; null where
  /// it does not tell.
  final int? cachedPromptTokens;

  final int? completionTokens;

  final double? costUsd;

  final int? promptTokens;

  /// Those of the completion that the model thought with; null where its
  /// provider does not tell.
  final int? reasoningTokens;

  final int? totalTokens;

  @override
  Map<String, Object?> toJson() => {
    if (cachedPromptTokens case final value?) 'cached_prompt_tokens': value,
    if (completionTokens case final value?) 'completion_tokens': value,
    if (costUsd case final value?) 'cost_usd': value,
    if (promptTokens case final value?) 'prompt_tokens': value,
    if (reasoningTokens case final value?) 'reasoning_tokens': value,
    if (totalTokens case final value?) 'total_tokens': value,
  };

  /// A copy in which what is given replaces what is here.
  Usage copyWith({
    int? cachedPromptTokens,
    int? completionTokens,
    double? costUsd,
    int? promptTokens,
    int? reasoningTokens,
    int? totalTokens,
  }) => Usage(
    cachedPromptTokens: cachedPromptTokens ?? this.cachedPromptTokens,
    completionTokens: completionTokens ?? this.completionTokens,
    costUsd: costUsd ?? this.costUsd,
    promptTokens: promptTokens ?? this.promptTokens,
    reasoningTokens: reasoningTokens ?? this.reasoningTokens,
    totalTokens: totalTokens ?? this.totalTokens,
  );
}

/// The sums of one model, user or day; the other two are null.
final class UsageGroup extends Model {
  const UsageGroup({
    required this.cachedPromptTokens,
    required this.cancelled,
    required this.completionTokens,
    required this.errors,
    required this.promptTokens,
    required this.reasoningTokens,
    required this.requests,
    required this.totalTokens,
    this.costUsd,
    this.day,
    this.model,
    this.user,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UsageGroup.fromJson(Map<String, Object?> json) => UsageGroup(
    cachedPromptTokens: read(json, 'cached_prompt_tokens', asInt),
    cancelled: read(json, 'cancelled', asInt),
    completionTokens: read(json, 'completion_tokens', asInt),
    errors: read(json, 'errors', asInt),
    promptTokens: read(json, 'prompt_tokens', asInt),
    reasoningTokens: read(json, 'reasoning_tokens', asInt),
    requests: read(json, 'requests', asInt),
    totalTokens: read(json, 'total_tokens', asInt),
    costUsd: maybe(json, 'cost_usd', asDouble),
    day: maybe(json, 'day', asString),
    model: maybe(json, 'model', asString),
    user: maybe(json, 'user', asString),
  );

  /// Those of `prompt_tokens` that providers read from their caches.
  final int cachedPromptTokens;

  /// Those that were cancelled, or whose client went away.
  final int cancelled;

  final int completionTokens;

  /// Those that failed.
  final int errors;

  final int promptTokens;

  /// Those of `completion_tokens` that models thought with.
  final int reasoningTokens;

  /// All of them, also those that failed or were cancelled.
  final int requests;

  final int totalTokens;

  /// Null where no request has a known price.
  final double? costUsd;

  /// Of UTC.
  final String? day;

  /// Null too for requests that reached no model.
  final String? model;

  final String? user;

  @override
  Map<String, Object?> toJson() => {
    'cached_prompt_tokens': cachedPromptTokens,
    'cancelled': cancelled,
    'completion_tokens': completionTokens,
    'errors': errors,
    'prompt_tokens': promptTokens,
    'reasoning_tokens': reasoningTokens,
    'requests': requests,
    'total_tokens': totalTokens,
    if (costUsd case final value?) 'cost_usd': value,
    if (day case final value?) 'day': value,
    if (model case final value?) 'model': value,
    if (user case final value?) 'user': value,
  };

  /// A copy in which what is given replaces what is here.
  UsageGroup copyWith({
    int? cachedPromptTokens,
    int? cancelled,
    int? completionTokens,
    int? errors,
    int? promptTokens,
    int? reasoningTokens,
    int? requests,
    int? totalTokens,
    double? costUsd,
    String? day,
    String? model,
    String? user,
  }) => UsageGroup(
    cachedPromptTokens: cachedPromptTokens ?? this.cachedPromptTokens,
    cancelled: cancelled ?? this.cancelled,
    completionTokens: completionTokens ?? this.completionTokens,
    errors: errors ?? this.errors,
    promptTokens: promptTokens ?? this.promptTokens,
    reasoningTokens: reasoningTokens ?? this.reasoningTokens,
    requests: requests ?? this.requests,
    totalTokens: totalTokens ?? this.totalTokens,
    costUsd: costUsd ?? this.costUsd,
    day: day ?? this.day,
    model: model ?? this.model,
    user: user ?? this.user,
  );
}

/// A value of `UsageGrouping`.
///
/// A newer server may send others: they are kept as they are.
extension type const UsageGrouping(String value) implements String {
  /// Reads it.
  factory UsageGrouping.fromJson(Object? value) =>
      UsageGrouping(asString(value));

  static const day = UsageGrouping('day');
  static const model = UsageGrouping('model');
  static const user = UsageGrouping('user');

  /// Those that are known.
  static const List<UsageGrouping> values = [day, model, user];
}

/// What was used in a span of time.
final class UsageReport extends Model {
  const UsageReport({
    required this.groupBy,
    required this.since,
    required this.total,
    required this.until,
    required this.usage,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UsageReport.fromJson(Map<String, Object?> json) => UsageReport(
    groupBy: read(json, 'group_by', UsageGrouping.fromJson),
    since: read(json, 'since', asTime),
    total: read(json, 'total', asModel(Totals.fromJson)),
    until: read(json, 'until', asTime),
    usage: read(json, 'usage', asList(asModel(UsageGroup.fromJson))),
  );

  final UsageGrouping groupBy;

  final DateTime since;

  /// Of everything in the span, also beyond `limit`.
  final Totals total;

  final DateTime until;

  /// Most requests first; days newest first; at most `limit`.
  final List<UsageGroup> usage;

  @override
  Map<String, Object?> toJson() => {
    'group_by': groupBy,
    'since': writeTime(since),
    'total': total.toJson(),
    'until': writeTime(until),
    'usage': writeList(usage, (item) => item.toJson()),
  };

  /// A copy in which what is given replaces what is here.
  UsageReport copyWith({
    UsageGrouping? groupBy,
    DateTime? since,
    Totals? total,
    DateTime? until,
    List<UsageGroup>? usage,
  }) => UsageReport(
    groupBy: groupBy ?? this.groupBy,
    since: since ?? this.since,
    total: total ?? this.total,
    until: until ?? this.until,
    usage: usage ?? this.usage,
  );
}

/// A user, as admins see it: preferences are the user's own.
final class User extends Model {
  const User({
    required this.createdAt,
    required this.disabled,
    required this.id,
    required this.role,
    this.displayName,
    this.email,
    this.username,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory User.fromJson(Map<String, Object?> json) => User(
    createdAt: read(json, 'created_at', asTime),
    disabled: read(json, 'disabled', asBool),
    id: read(json, 'id', asString),
    role: read(json, 'role', UserRole.fromJson),
    displayName: maybe(json, 'display_name', asString),
    email: maybe(json, 'email', asString),
    username: maybe(json, 'username', asString),
  );

  final DateTime createdAt;

  final bool disabled;

  final String id;

  final UserRole role;

  final String? displayName;

  final String? email;

  final String? username;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'disabled': disabled,
    'id': id,
    'role': role,
    if (displayName case final value?) 'display_name': value,
    if (email case final value?) 'email': value,
    if (username case final value?) 'username': value,
  };

  /// A copy in which what is given replaces what is here.
  User copyWith({
    DateTime? createdAt,
    bool? disabled,
    String? id,
    UserRole? role,
    String? displayName,
    String? email,
    String? username,
  }) => User(
    createdAt: createdAt ?? this.createdAt,
    disabled: disabled ?? this.disabled,
    id: id ?? this.id,
    role: role ?? this.role,
    displayName: displayName ?? this.displayName,
    email: email ?? this.email,
    username: username ?? this.username,
  );
}

/// What is absent or null stays as it is.
final class UserChange extends Model {
  const UserChange({
    this.disabled,
    this.role,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UserChange.fromJson(Map<String, Object?> json) => UserChange(
    disabled: maybe(json, 'disabled', asBool),
    role: maybe(json, 'role', UserRole.fromJson),
  );

  /// True stops everything of theirs at once.
  final bool? disabled;

  final UserRole? role;

  @override
  Map<String, Object?> toJson() => {
    if (disabled case final value?) 'disabled': value,
    if (role case final value?) 'role': value,
  };

  /// A copy in which what is given replaces what is here.
  UserChange copyWith({
    bool? disabled,
    UserRole? role,
  }) => UserChange(
    disabled: disabled ?? this.disabled,
    role: role ?? this.role,
  );
}

/// Users, newest first.
final class UserList extends Model {
  const UserList({
    required this.users,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UserList.fromJson(Map<String, Object?> json) => UserList(
    users: read(json, 'users', asList(asModel(User.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final List<User> users;

  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'users': writeList(users, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  UserList copyWith({
    List<User>? users,
    String? nextCursor,
  }) => UserList(
    users: users ?? this.users,
    nextCursor: nextCursor ?? this.nextCursor,
  );
}

/// What a user may do besides using the gateway.
///
/// A newer server may send others: they are kept as they are.
extension type const UserRole(String value) implements String {
  /// Reads it.
  factory UserRole.fromJson(Object? value) => UserRole(asString(value));

  static const user = UserRole('user');
  static const admin = UserRole('admin');

  /// Those that are known.
  static const List<UserRole> values = [user, admin];
}

/// A token without the secret.
final class UserToken extends Model {
  const UserToken({
    required this.createdAt,
    required this.id,
    required this.name,
    required this.prefix,
    required this.scopes,
    this.expiresAt,
    this.lastUsedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UserToken.fromJson(Map<String, Object?> json) => UserToken(
    createdAt: read(json, 'created_at', asTime),
    id: read(json, 'id', asString),
    name: read(json, 'name', asString),
    prefix: read(json, 'prefix', asString),
    scopes: read(json, 'scopes', asList(TokenScope.fromJson)),
    expiresAt: maybe(json, 'expires_at', asTime),
    lastUsedAt: maybe(json, 'last_used_at', asTime),
  );

  final DateTime createdAt;

  final String id;

  final String name;

  final String prefix;

  final List<TokenScope> scopes;

  final DateTime? expiresAt;

  /// To the minute, about.
  final DateTime? lastUsedAt;

  @override
  Map<String, Object?> toJson() => {
    'created_at': writeTime(createdAt),
    'id': id,
    'name': name,
    'prefix': prefix,
    'scopes': scopes,
    if (expiresAt case final value?) 'expires_at': writeTime(value),
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  UserToken copyWith({
    DateTime? createdAt,
    String? id,
    String? name,
    String? prefix,
    List<TokenScope>? scopes,
    DateTime? expiresAt,
    DateTime? lastUsedAt,
  }) => UserToken(
    createdAt: createdAt ?? this.createdAt,
    id: id ?? this.id,
    name: name ?? this.name,
    prefix: prefix ?? this.prefix,
    scopes: scopes ?? this.scopes,
    expiresAt: expiresAt ?? this.expiresAt,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
  );
}

/// What is running.
final class Version extends Model {
  const Version({
    required this.apiVersion,
    required this.version,
    this.name = 'pluggably',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Version.fromJson(Map<String, Object?> json) => Version(
    apiVersion: read(json, 'api_version', asString),
    version: read(json, 'version', asString),
    name: readOr(json, 'name', asString, 'pluggably'),
  );

  final String apiVersion;

  final String version;

  final String name;

  @override
  Map<String, Object?> toJson() => {
    'api_version': apiVersion,
    'version': version,
    'name': name,
  };

  /// A copy in which what is given replaces what is here.
  Version copyWith({
    String? apiVersion,
    String? version,
    String? name,
  }) => Version(
    apiVersion: apiVersion ?? this.apiVersion,
    version: version ?? this.version,
    name: name ?? this.name,
  );
}
