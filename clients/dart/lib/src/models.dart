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
    required this.id,
    required this.type,
    required this.mediaType,
    required this.url,
    required this.expiresAt,
    required this.sizeBytes,
    required this.createdAt,
    this.width,
    this.height,
    this.vertices,
    this.faces,
    this.previewUrl,
    this.recipe,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Artifact.fromJson(Map<String, Object?> json) => Artifact(
    id: read(json, 'id', asString),
    type: read(json, 'type', ArtifactType.fromJson),
    mediaType: read(json, 'media_type', asString),
    url: read(json, 'url', asString),
    expiresAt: read(json, 'expires_at', asTime),
    sizeBytes: read(json, 'size_bytes', asInt),
    createdAt: read(json, 'created_at', asTime),
    width: maybe(json, 'width', asInt),
    height: maybe(json, 'height', asInt),
    vertices: maybe(json, 'vertices', asInt),
    faces: maybe(json, 'faces', asInt),
    previewUrl: maybe(json, 'preview_url', asString),
    recipe: maybe(json, 'recipe', asModel(Recipe.fromJson)),
  );

  final String id;

  final ArtifactType type;

  final String mediaType;

  /// Signed; relative to the server's address unless the operator has set a
  /// public one.
  final String url;

  /// The address is good until then; every read gives a new one.
  final DateTime expiresAt;

  final int sizeBytes;

  final DateTime createdAt;

  /// Pixels; images only.
  final int? width;

  /// Pixels; images only.
  final int? height;

  /// Meshes only.
  final int? vertices;

  /// Meshes only.
  final int? faces;

  /// A picture of the mesh; signed as `url` is.
  final String? previewUrl;

  /// Of what was made with `keep` or in a session; left out where it was just
  /// asked for.
  final Recipe? recipe;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'type': type,
    'media_type': mediaType,
    'url': url,
    'expires_at': writeTime(expiresAt),
    'size_bytes': sizeBytes,
    'created_at': writeTime(createdAt),
    if (width case final value?) 'width': value,
    if (height case final value?) 'height': value,
    if (vertices case final value?) 'vertices': value,
    if (faces case final value?) 'faces': value,
    if (previewUrl case final value?) 'preview_url': value,
    if (recipe case final value?) 'recipe': value.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  Artifact copyWith({
    String? id,
    ArtifactType? type,
    String? mediaType,
    String? url,
    DateTime? expiresAt,
    int? sizeBytes,
    DateTime? createdAt,
    int? width,
    int? height,
    int? vertices,
    int? faces,
    String? previewUrl,
    Recipe? recipe,
  }) => Artifact(
    id: id ?? this.id,
    type: type ?? this.type,
    mediaType: mediaType ?? this.mediaType,
    url: url ?? this.url,
    expiresAt: expiresAt ?? this.expiresAt,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    createdAt: createdAt ?? this.createdAt,
    width: width ?? this.width,
    height: height ?? this.height,
    vertices: vertices ?? this.vertices,
    faces: faces ?? this.faces,
    previewUrl: previewUrl ?? this.previewUrl,
    recipe: recipe ?? this.recipe,
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
    required this.model,
    required this.code,
    required this.message,
    required this.ms,
    this.provider,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Attempt.fromJson(Map<String, Object?> json) => Attempt(
    model: read(json, 'model', asString),
    code: read(json, 'code', asString),
    message: read(json, 'message', asString),
    ms: read(json, 'ms', asInt),
    provider: maybe(json, 'provider', asString),
  );

  final String model;

  /// The code of its error.
  final String code;

  final String message;

  /// Milliseconds that it took.
  final int ms;

  /// Null where no model of this name was found.
  final String? provider;

  @override
  Map<String, Object?> toJson() => {
    'model': model,
    'code': code,
    'message': message,
    'ms': ms,
    if (provider case final value?) 'provider': value,
  };

  /// A copy in which what is given replaces what is here.
  Attempt copyWith({
    String? model,
    String? code,
    String? message,
    int? ms,
    String? provider,
  }) => Attempt(
    model: model ?? this.model,
    code: code ?? this.code,
    message: message ?? this.message,
    ms: ms ?? this.ms,
    provider: provider ?? this.provider,
  );
}

/// One deed.
final class AuditEntry extends Model {
  const AuditEntry({
    required this.id,
    required this.at,
    required this.actorId,
    required this.actorKind,
    required this.action,
    required this.targetType,
    required this.targetId,
    required this.details,
    this.actorTokenId,
    this.address,
    this.requestId,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory AuditEntry.fromJson(Map<String, Object?> json) => AuditEntry(
    id: read(json, 'id', asString),
    at: read(json, 'at', asTime),
    actorId: read(json, 'actor_id', asString),
    actorKind: read(json, 'actor_kind', asString),
    action: read(json, 'action', asString),
    targetType: read(json, 'target_type', asString),
    targetId: read(json, 'target_id', asString),
    details: read(json, 'details', asMap),
    actorTokenId: maybe(json, 'actor_token_id', asString),
    address: maybe(json, 'address', asString),
    requestId: maybe(json, 'request_id', asString),
  );

  final String id;

  final DateTime at;

  /// The user who did it.
  final String actorId;

  /// How: `operator_key`, `local`, `token`, `session`, `external`, `password`,
  /// `invite`, `registration`, `command_line`.
  final String actorKind;

  final String action;

  final String targetType;

  final String targetId;

  final Map<String, Object?> details;

  final String? actorTokenId;

  /// The IP address that the request came from.
  final String? address;

  final String? requestId;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'at': writeTime(at),
    'actor_id': actorId,
    'actor_kind': actorKind,
    'action': action,
    'target_type': targetType,
    'target_id': targetId,
    'details': details,
    if (actorTokenId case final value?) 'actor_token_id': value,
    if (address case final value?) 'address': value,
    if (requestId case final value?) 'request_id': value,
  };

  /// A copy in which what is given replaces what is here.
  AuditEntry copyWith({
    String? id,
    DateTime? at,
    String? actorId,
    String? actorKind,
    String? action,
    String? targetType,
    String? targetId,
    Map<String, Object?>? details,
    String? actorTokenId,
    String? address,
    String? requestId,
  }) => AuditEntry(
    id: id ?? this.id,
    at: at ?? this.at,
    actorId: actorId ?? this.actorId,
    actorKind: actorKind ?? this.actorKind,
    action: action ?? this.action,
    targetType: targetType ?? this.targetType,
    targetId: targetId ?? this.targetId,
    details: details ?? this.details,
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
    required this.requestId,
    required this.cancelled,
    required this.status,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Cancellation.fromJson(Map<String, Object?> json) => Cancellation(
    requestId: read(json, 'request_id', asString),
    cancelled: read(json, 'cancelled', asBool),
    status: read(json, 'status', RequestState.fromJson),
  );

  final String requestId;

  final bool cancelled;

  final RequestState status;

  @override
  Map<String, Object?> toJson() => {
    'request_id': requestId,
    'cancelled': cancelled,
    'status': status,
  };

  /// A copy in which what is given replaces what is here.
  Cancellation copyWith({
    String? requestId,
    bool? cancelled,
    RequestState? status,
  }) => Cancellation(
    requestId: requestId ?? this.requestId,
    cancelled: cancelled ?? this.cancelled,
    status: status ?? this.status,
  );
}

/// What a model can do.
final class Capabilities extends Model {
  const Capabilities({
    this.maxContextTokens,
    this.inputModalities,
    this.outputFormats,
    this.streaming,
    this.tools,
    this.jsonSchema,
    this.hardwareRequirements,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Capabilities.fromJson(Map<String, Object?> json) => Capabilities(
    maxContextTokens: maybe(json, 'max_context_tokens', asInt),
    inputModalities: maybe(json, 'input_modalities', asList(asString)),
    outputFormats: maybe(json, 'output_formats', asList(asString)),
    streaming: maybe(json, 'streaming', asBool),
    tools: maybe(json, 'tools', asBool),
    jsonSchema: maybe(json, 'json_schema', asBool),
    hardwareRequirements: maybe(json, 'hardware_requirements', asMap),
  );

  /// Prompt and answer together.
  final int? maxContextTokens;

  final List<String>? inputModalities;

  final List<String>? outputFormats;

  final bool? streaming;

  final bool? tools;

  final bool? jsonSchema;

  final Map<String, Object?>? hardwareRequirements;

  @override
  Map<String, Object?> toJson() => {
    if (maxContextTokens case final value?) 'max_context_tokens': value,
    if (inputModalities case final value?) 'input_modalities': value,
    if (outputFormats case final value?) 'output_formats': value,
    if (streaming case final value?) 'streaming': value,
    if (tools case final value?) 'tools': value,
    if (jsonSchema case final value?) 'json_schema': value,
    if (hardwareRequirements case final value?) 'hardware_requirements': value,
  };

  /// A copy in which what is given replaces what is here.
  Capabilities copyWith({
    int? maxContextTokens,
    List<String>? inputModalities,
    List<String>? outputFormats,
    bool? streaming,
    bool? tools,
    bool? jsonSchema,
    Map<String, Object?>? hardwareRequirements,
  }) => Capabilities(
    maxContextTokens: maxContextTokens ?? this.maxContextTokens,
    inputModalities: inputModalities ?? this.inputModalities,
    outputFormats: outputFormats ?? this.outputFormats,
    streaming: streaming ?? this.streaming,
    tools: tools ?? this.tools,
    jsonSchema: jsonSchema ?? this.jsonSchema,
    hardwareRequirements: hardwareRequirements ?? this.hardwareRequirements,
  );
}

/// What a model can do.
final class CapabilitiesInfo extends Model {
  const CapabilitiesInfo({
    this.maxContextTokens,
    this.inputModalities = const [],
    this.outputFormats = const [],
    this.streaming = false,
    this.tools = false,
    this.jsonSchema = false,
    this.embeddings = false,
    this.hardwareRequirements,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory CapabilitiesInfo.fromJson(Map<String, Object?> json) =>
      CapabilitiesInfo(
        maxContextTokens: maybe(json, 'max_context_tokens', asInt),
        inputModalities: readOr(
          json,
          'input_modalities',
          asList(asString),
          const [],
        ),
        outputFormats: readOr(json, 'output_formats', asList(asString), const []),
        streaming: readOr(json, 'streaming', asBool, false),
        tools: readOr(json, 'tools', asBool, false),
        jsonSchema: readOr(json, 'json_schema', asBool, false),
        embeddings: readOr(json, 'embeddings', asBool, false),
        hardwareRequirements: maybe(json, 'hardware_requirements', asMap),
      );

  final int? maxContextTokens;

  final List<String> inputModalities;

  final List<String> outputFormats;

  final bool streaming;

  final bool tools;

  final bool jsonSchema;

  /// It makes vectors or scores, no text.
  final bool embeddings;

  final Map<String, Object?>? hardwareRequirements;

  @override
  Map<String, Object?> toJson() => {
    if (maxContextTokens case final value?) 'max_context_tokens': value,
    'input_modalities': inputModalities,
    'output_formats': outputFormats,
    'streaming': streaming,
    'tools': tools,
    'json_schema': jsonSchema,
    'embeddings': embeddings,
    if (hardwareRequirements case final value?) 'hardware_requirements': value,
  };

  /// A copy in which what is given replaces what is here.
  CapabilitiesInfo copyWith({
    int? maxContextTokens,
    List<String>? inputModalities,
    List<String>? outputFormats,
    bool? streaming,
    bool? tools,
    bool? jsonSchema,
    bool? embeddings,
    Map<String, Object?>? hardwareRequirements,
  }) => CapabilitiesInfo(
    maxContextTokens: maxContextTokens ?? this.maxContextTokens,
    inputModalities: inputModalities ?? this.inputModalities,
    outputFormats: outputFormats ?? this.outputFormats,
    streaming: streaming ?? this.streaming,
    tools: tools ?? this.tools,
    jsonSchema: jsonSchema ?? this.jsonSchema,
    embeddings: embeddings ?? this.embeddings,
    hardwareRequirements: hardwareRequirements ?? this.hardwareRequirements,
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
    required this.sizeBytes,
    required this.removals,
    this.dryRun = true,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory CleanupPlan.fromJson(Map<String, Object?> json) => CleanupPlan(
    sizeBytes: read(json, 'size_bytes', asInt),
    removals: read(json, 'removals', asList(asModel(Removal.fromJson))),
    dryRun: readOr(json, 'dry_run', asBool, true),
  );

  /// Of all of it.
  final int sizeBytes;

  final List<Removal> removals;

  final bool dryRun;

  @override
  Map<String, Object?> toJson() => {
    'size_bytes': sizeBytes,
    'removals': writeList(removals, (item) => item.toJson()),
    'dry_run': dryRun,
  };

  /// A copy in which what is given replaces what is here.
  CleanupPlan copyWith({
    int? sizeBytes,
    List<Removal>? removals,
    bool? dryRun,
  }) => CleanupPlan(
    sizeBytes: sizeBytes ?? this.sizeBytes,
    removals: removals ?? this.removals,
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
    this.remaining,
    this.total,
    this.currency,
    this.checkedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Credits.fromJson(Map<String, Object?> json) => Credits(
    provider: read(json, 'provider', asString),
    status: read(json, 'status', CreditsState.fromJson),
    remaining: maybe(json, 'remaining', asDouble),
    total: maybe(json, 'total', asDouble),
    currency: maybe(json, 'currency', asString),
    checkedAt: maybe(json, 'checked_at', asString),
  );

  final String provider;

  /// `unknown` where the vendor does not tell.
  final CreditsState status;

  /// In units of `currency`.
  final double? remaining;

  /// The account's limit, where it has one.
  final double? total;

  /// ISO 4217.
  final String? currency;

  /// When the vendor told it; it is asked every few minutes.
  final String? checkedAt;

  @override
  Map<String, Object?> toJson() => {
    'provider': provider,
    'status': status,
    if (remaining case final value?) 'remaining': value,
    if (total case final value?) 'total': value,
    if (currency case final value?) 'currency': value,
    if (checkedAt case final value?) 'checked_at': value,
  };

  /// A copy in which what is given replaces what is here.
  Credits copyWith({
    String? provider,
    CreditsState? status,
    double? remaining,
    double? total,
    String? currency,
    String? checkedAt,
  }) => Credits(
    provider: provider ?? this.provider,
    status: status ?? this.status,
    remaining: remaining ?? this.remaining,
    total: total ?? this.total,
    currency: currency ?? this.currency,
    checkedAt: checkedAt ?? this.checkedAt,
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
    this.name,
    this.version,
    this.modality,
    this.description,
    this.capabilities,
    this.source,
    this.licence,
    this.parameters,
    this.recommendedParameters,
    this.status,
    this.pinned,
    this.pricing,
    this.id,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory DownloadModel.fromJson(Map<String, Object?> json) => DownloadModel(
    name: maybe(json, 'name', asString),
    version: maybe(json, 'version', asString),
    modality: maybe(json, 'modality', Modality.fromJson),
    description: maybe(json, 'description', asString),
    capabilities: maybe(json, 'capabilities', asModel(Capabilities.fromJson)),
    source: maybe(json, 'source', asModel(Source.fromJson)),
    licence: maybe(json, 'licence', asString),
    parameters: maybe(json, 'parameters', asMap),
    recommendedParameters: maybe(json, 'recommended_parameters', asMap),
    status: maybe(json, 'status', asString),
    pinned: maybe(json, 'pinned', asBool),
    pricing: maybe(json, 'pricing', asMap),
    id: maybe(json, 'id', asString),
  );

  final String? name;

  final String? version;

  final Modality? modality;

  final String? description;

  /// Merged into what is known.
  final Capabilities? capabilities;

  final Source? source;

  final String? licence;

  /// A JSON Schema (draft 2020-12) of type object.
  final Map<String, Object?>? parameters;

  final Map<String, Object?>? recommendedParameters;

  /// One of `available`, `disabled`.
  final String? status;

  final bool? pinned;

  final Map<String, Object?>? pricing;

  /// None: the file's name without its ending, or the repository's.
  final String? id;

  @override
  Map<String, Object?> toJson() => {
    if (name case final value?) 'name': value,
    if (version case final value?) 'version': value,
    if (modality case final value?) 'modality': value,
    if (description case final value?) 'description': value,
    if (capabilities case final value?) 'capabilities': value.toJson(),
    if (source case final value?) 'source': value.toJson(),
    if (licence case final value?) 'licence': value,
    if (parameters case final value?) 'parameters': value,
    if (recommendedParameters case final value?) 'recommended_parameters':
        value,
    if (status case final value?) 'status': value,
    if (pinned case final value?) 'pinned': value,
    if (pricing case final value?) 'pricing': value,
    if (id case final value?) 'id': value,
  };

  /// A copy in which what is given replaces what is here.
  DownloadModel copyWith({
    String? name,
    String? version,
    Modality? modality,
    String? description,
    Capabilities? capabilities,
    Source? source,
    String? licence,
    Map<String, Object?>? parameters,
    Map<String, Object?>? recommendedParameters,
    String? status,
    bool? pinned,
    Map<String, Object?>? pricing,
    String? id,
  }) => DownloadModel(
    name: name ?? this.name,
    version: version ?? this.version,
    modality: modality ?? this.modality,
    description: description ?? this.description,
    capabilities: capabilities ?? this.capabilities,
    source: source ?? this.source,
    licence: licence ?? this.licence,
    parameters: parameters ?? this.parameters,
    recommendedParameters: recommendedParameters ?? this.recommendedParameters,
    status: status ?? this.status,
    pinned: pinned ?? this.pinned,
    pricing: pricing ?? this.pricing,
    id: id ?? this.id,
  );
}

/// Which files.
final class DownloadOptions extends Model {
  const DownloadOptions({
    this.revision,
    this.files,
    this.sha256,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory DownloadOptions.fromJson(Map<String, Object?> json) =>
      DownloadOptions(
        revision: maybe(json, 'revision', asString),
        files: maybe(json, 'files', asList(asString)),
        sha256: maybe(json, 'sha256', asString),
      );

  /// Branch, tag or commit; of a package, the version.
  final String? revision;

  /// Names or patterns (`*Q4_K_M*.gguf`); none: one quantisation, or the whole
  /// pipeline.
  final List<String>? files;

  /// Of the file at an address, or of a wheel.
  final String? sha256;

  @override
  Map<String, Object?> toJson() => {
    if (revision case final value?) 'revision': value,
    if (files case final value?) 'files': value,
    if (sha256 case final value?) 'sha256': value,
  };

  /// A copy in which what is given replaces what is here.
  DownloadOptions copyWith({
    String? revision,
    List<String>? files,
    String? sha256,
  }) => DownloadOptions(
    revision: revision ?? this.revision,
    files: files ?? this.files,
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
    required this.modalities,
    required this.engines,
    required this.providers,
    required this.localOnly,
    required this.streaming,
    required this.sessions,
    required this.backgroundRequests,
    required this.downloads,
    required this.users,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Features.fromJson(Map<String, Object?> json) => Features(
    modalities: read(json, 'modalities', asList(asString)),
    engines: read(json, 'engines', asMapOf(asBool)),
    providers: read(json, 'providers', asList(asString)),
    localOnly: read(json, 'local_only', asBool),
    streaming: read(json, 'streaming', asBool),
    sessions: read(json, 'sessions', asBool),
    backgroundRequests: read(json, 'background_requests', asBool),
    downloads: read(json, 'downloads', asBool),
    users: read(json, 'users', asBool),
  );

  final List<String> modalities;

  final Map<String, bool> engines;

  final List<String> providers;

  final bool localOnly;

  final bool streaming;

  final bool sessions;

  final bool backgroundRequests;

  final bool downloads;

  final bool users;

  @override
  Map<String, Object?> toJson() => {
    'modalities': modalities,
    'engines': engines,
    'providers': providers,
    'local_only': localOnly,
    'streaming': streaming,
    'sessions': sessions,
    'background_requests': backgroundRequests,
    'downloads': downloads,
    'users': users,
  };

  /// A copy in which what is given replaces what is here.
  Features copyWith({
    List<String>? modalities,
    Map<String, bool>? engines,
    List<String>? providers,
    bool? localOnly,
    bool? streaming,
    bool? sessions,
    bool? backgroundRequests,
    bool? downloads,
    bool? users,
  }) => Features(
    modalities: modalities ?? this.modalities,
    engines: engines ?? this.engines,
    providers: providers ?? this.providers,
    localOnly: localOnly ?? this.localOnly,
    streaming: streaming ?? this.streaming,
    sessions: sessions ?? this.sessions,
    backgroundRequests: backgroundRequests ?? this.backgroundRequests,
    downloads: downloads ?? this.downloads,
    users: users ?? this.users,
  );
}

/// A model of the hub.
final class FoundModel extends Model {
  const FoundModel({
    required this.id,
    required this.name,
    required this.tags,
    required this.modalityHints,
    required this.gated,
    this.downloads,
    this.likes,
    this.lastModified,
    this.sizeBytes,
    this.licence,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory FoundModel.fromJson(Map<String, Object?> json) => FoundModel(
    id: read(json, 'id', asString),
    name: read(json, 'name', asString),
    tags: read(json, 'tags', asList(asString)),
    modalityHints: read(json, 'modality_hints', asList(asString)),
    gated: read(json, 'gated', asBool),
    downloads: maybe(json, 'downloads', asInt),
    likes: maybe(json, 'likes', asInt),
    lastModified: maybe(json, 'last_modified', asTime),
    sizeBytes: maybe(json, 'size_bytes', asInt),
    licence: maybe(json, 'licence', asString),
  );

  final String id;

  final String name;

  final List<String> tags;

  /// `text`, `image`, `3d`: what it seems to make; empty: not told.
  final List<String> modalityHints;

  /// Its files are only for those who have accepted its licence on the hub.
  final bool gated;

  /// In the last 30 days.
  final int? downloads;

  final int? likes;

  final DateTime? lastModified;

  /// Of its weights; of a repository with several GGUF files, of one of them;
  /// null: not told.
  final int? sizeBytes;

  final String? licence;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'name': name,
    'tags': tags,
    'modality_hints': modalityHints,
    'gated': gated,
    if (downloads case final value?) 'downloads': value,
    if (likes case final value?) 'likes': value,
    if (lastModified case final value?) 'last_modified': writeTime(value),
    if (sizeBytes case final value?) 'size_bytes': value,
    if (licence case final value?) 'licence': value,
  };

  /// A copy in which what is given replaces what is here.
  FoundModel copyWith({
    String? id,
    String? name,
    List<String>? tags,
    List<String>? modalityHints,
    bool? gated,
    int? downloads,
    int? likes,
    DateTime? lastModified,
    int? sizeBytes,
    String? licence,
  }) => FoundModel(
    id: id ?? this.id,
    name: name ?? this.name,
    tags: tags ?? this.tags,
    modalityHints: modalityHints ?? this.modalityHints,
    gated: gated ?? this.gated,
    downloads: downloads ?? this.downloads,
    likes: likes ?? this.likes,
    lastModified: lastModified ?? this.lastModified,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    licence: licence ?? this.licence,
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
    required this.request,
    required this.examples,
    required this.guidance,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory GenerateGuide.fromJson(Map<String, Object?> json) => GenerateGuide(
    request: read(json, 'request', asMap),
    examples: read(json, 'examples', asList(asMap)),
    guidance: read(json, 'guidance', asMapOf(asString)),
  );

  /// The JSON Schema of every field of the request, by name.
  final Map<String, Object?> request;

  final List<Map<String, Object?>> examples;

  final Map<String, String> guidance;

  @override
  Map<String, Object?> toJson() => {
    'request': request,
    'examples': examples,
    'guidance': guidance,
  };

  /// A copy in which what is given replaces what is here.
  GenerateGuide copyWith({
    Map<String, Object?>? request,
    List<Map<String, Object?>>? examples,
    Map<String, String>? guidance,
  }) => GenerateGuide(
    request: request ?? this.request,
    examples: examples ?? this.examples,
    guidance: guidance ?? this.guidance,
  );
}

/// What to work from: `prompt` or `messages`, and images or a mesh beside them.
final class GenerateInput extends Model {
  const GenerateInput({
    this.prompt,
    this.messages,
    this.images,
    this.mesh,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory GenerateInput.fromJson(Map<String, Object?> json) => GenerateInput(
    prompt: maybe(json, 'prompt', asString),
    messages: maybe(json, 'messages', asList(asModel(Message.fromJson))),
    images: maybe(json, 'images', asList(asString)),
    mesh: maybe(json, 'mesh', asString),
  );

  /// What to generate from.
  final String? prompt;

  /// A chat to continue; in place of `prompt`.
  final List<Message>? messages;

  /// Data URLs, http(s) URLs or `artifact:ID`.
  final List<String>? images;

  /// A data URL, an http(s) URL or `artifact:ID`.
  final String? mesh;

  @override
  Map<String, Object?> toJson() => {
    if (prompt case final value?) 'prompt': value,
    if (messages case final value?) 'messages':
        writeList(value, (item) => item.toJson()),
    if (images case final value?) 'images': value,
    if (mesh case final value?) 'mesh': value,
  };

  /// A copy in which what is given replaces what is here.
  GenerateInput copyWith({
    String? prompt,
    List<Message>? messages,
    List<String>? images,
    String? mesh,
  }) => GenerateInput(
    prompt: prompt ?? this.prompt,
    messages: messages ?? this.messages,
    images: images ?? this.images,
    mesh: mesh ?? this.mesh,
  );
}

/// One request for text, an image or a 3D mesh.
final class GenerateRequest extends Model {
  const GenerateRequest({
    required this.input,
    this.model,
    this.provider,
    this.modality,
    this.parameters,
    this.systemPrompt,
    this.sessionId,
    this.stateTokens,
    this.stream,
    this.background,
    this.keep,
    this.selectionMode,
    this.fallback,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory GenerateRequest.fromJson(Map<String, Object?> json) =>
      GenerateRequest(
        input: read(json, 'input', asModel(GenerateInput.fromJson)),
        model: maybe(json, 'model', asString),
        provider: maybe(json, 'provider', asString),
        modality: maybe(json, 'modality', Modality.fromJson),
        parameters: maybe(json, 'parameters', asMap),
        systemPrompt: maybe(json, 'system_prompt', asString),
        sessionId: maybe(json, 'session_id', asString),
        stateTokens: maybe(json, 'state_tokens', asMap),
        stream: maybe(json, 'stream', asBool),
        background: maybe(json, 'background', asBool),
        keep: maybe(json, 'keep', asBool),
        selectionMode: maybe(json, 'selection_mode', SelectionMode.fromJson),
        fallback: maybe(json, 'fallback', asStringOr(asList(asString))),
      );

  final GenerateInput input;

  /// A model's id, `provider:name`, a name that only one provider has, `auto`,
  /// or nothing.
  final String? model;

  /// The provider that must answer.
  final String? provider;

  /// Needed only where neither model nor input decides it.
  final Modality? modality;

  /// Checked against the model's own schema: `GET /v1/schema?model=…`.
  final Map<String, Object?>? parameters;

  /// Goes before the messages.
  final String? systemPrompt;

  /// The session to continue.
  final String? sessionId;

  /// A provider's state, up to 64 KB, given back.
  final Map<String, Object?>? stateTokens;

  /// Answer with server-sent events, token by token.
  final bool? stream;

  /// Answer 202 at once; the result is kept for later.
  final bool? background;

  /// Keep images and a mesh among the artifacts, however small, with the prompt
  /// and the parameters.
  final bool? keep;

  /// Which models may answer; `model`: the asked one, whatever happens.
  final SelectionMode? selectionMode;

  /// Who answers where the model can't: `default`, the models that are
  /// configured for that; `wait`, no other model; `pinned`, a pinned model,
  /// also while this one is being loaded; or these, in this order. A `String`
  /// or a `List<String>`. One of `default`, `wait`, `pinned`.
  final Object? fallback;

  @override
  Map<String, Object?> toJson() => {
    'input': input.toJson(),
    if (model case final value?) 'model': value,
    if (provider case final value?) 'provider': value,
    if (modality case final value?) 'modality': value,
    if (parameters case final value?) 'parameters': value,
    if (systemPrompt case final value?) 'system_prompt': value,
    if (sessionId case final value?) 'session_id': value,
    if (stateTokens case final value?) 'state_tokens': value,
    if (stream case final value?) 'stream': value,
    if (background case final value?) 'background': value,
    if (keep case final value?) 'keep': value,
    if (selectionMode case final value?) 'selection_mode': value,
    if (fallback case final value?) 'fallback': toWire(value),
  };

  /// A copy in which what is given replaces what is here.
  GenerateRequest copyWith({
    GenerateInput? input,
    String? model,
    String? provider,
    Modality? modality,
    Map<String, Object?>? parameters,
    String? systemPrompt,
    String? sessionId,
    Map<String, Object?>? stateTokens,
    bool? stream,
    bool? background,
    bool? keep,
    SelectionMode? selectionMode,
    Object? fallback,
  }) => GenerateRequest(
    input: input ?? this.input,
    model: model ?? this.model,
    provider: provider ?? this.provider,
    modality: modality ?? this.modality,
    parameters: parameters ?? this.parameters,
    systemPrompt: systemPrompt ?? this.systemPrompt,
    sessionId: sessionId ?? this.sessionId,
    stateTokens: stateTokens ?? this.stateTokens,
    stream: stream ?? this.stream,
    background: background ?? this.background,
    keep: keep ?? this.keep,
    selectionMode: selectionMode ?? this.selectionMode,
    fallback: fallback ?? this.fallback,
  );
}

/// The answer to a generate request.
final class GenerateResponse extends Model {
  const GenerateResponse({
    required this.requestId,
    required this.model,
    required this.provider,
    required this.modality,
    required this.selection,
    required this.output,
    required this.finishReason,
    required this.usage,
    required this.timing,
    required this.warnings,
    this.sessionId,
    this.stateTokens,
    this.creditsStatus,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory GenerateResponse.fromJson(Map<String, Object?> json) =>
      GenerateResponse(
        requestId: read(json, 'request_id', asString),
        model: read(json, 'model', asString),
        provider: read(json, 'provider', asString),
        modality: read(json, 'modality', Modality.fromJson),
        selection: read(json, 'selection', asModel(Selection.fromJson)),
        output: read(json, 'output', asModel(Output.fromJson)),
        finishReason: read(json, 'finish_reason', asString),
        usage: read(json, 'usage', asModel(Usage.fromJson)),
        timing: read(json, 'timing', asModel(Timing.fromJson)),
        warnings: read(json, 'warnings', asList(asString)),
        sessionId: maybe(json, 'session_id', asString),
        stateTokens: maybe(json, 'state_tokens', asMap),
        creditsStatus: maybe(json, 'credits_status', asModel(Credits.fromJson)),
      );

  final String requestId;

  final String model;

  final String provider;

  final Modality modality;

  final Selection selection;

  final Output output;

  final String finishReason;

  final Usage usage;

  final Timing timing;

  final List<String> warnings;

  final String? sessionId;

  final Map<String, Object?>? stateTokens;

  /// Of the account that was asked, or of the first one that had nothing left;
  /// null for local models.
  final Credits? creditsStatus;

  @override
  Map<String, Object?> toJson() => {
    'request_id': requestId,
    'model': model,
    'provider': provider,
    'modality': modality,
    'selection': selection.toJson(),
    'output': output.toJson(),
    'finish_reason': finishReason,
    'usage': usage.toJson(),
    'timing': timing.toJson(),
    'warnings': warnings,
    if (sessionId case final value?) 'session_id': value,
    if (stateTokens case final value?) 'state_tokens': value,
    if (creditsStatus case final value?) 'credits_status': value.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  GenerateResponse copyWith({
    String? requestId,
    String? model,
    String? provider,
    Modality? modality,
    Selection? selection,
    Output? output,
    String? finishReason,
    Usage? usage,
    Timing? timing,
    List<String>? warnings,
    String? sessionId,
    Map<String, Object?>? stateTokens,
    Credits? creditsStatus,
  }) => GenerateResponse(
    requestId: requestId ?? this.requestId,
    model: model ?? this.model,
    provider: provider ?? this.provider,
    modality: modality ?? this.modality,
    selection: selection ?? this.selection,
    output: output ?? this.output,
    finishReason: finishReason ?? this.finishReason,
    usage: usage ?? this.usage,
    timing: timing ?? this.timing,
    warnings: warnings ?? this.warnings,
    sessionId: sessionId ?? this.sessionId,
    stateTokens: stateTokens ?? this.stateTokens,
    creditsStatus: creditsStatus ?? this.creditsStatus,
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
    this.sizeBytes,
    this.quantisation,
    this.fits,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory HubFile.fromJson(Map<String, Object?> json) => HubFile(
    name: read(json, 'name', asString),
    sizeBytes: maybe(json, 'size_bytes', asInt),
    quantisation: maybe(json, 'quantisation', asString),
    fits: maybe(json, 'fits', asBool),
  );

  /// With its folders.
  final String name;

  final int? sizeBytes;

  /// Of a GGUF file, as its name says.
  final String? quantisation;

  /// Whether there is room for it on the disk, within the limit, and in the
  /// memory for models; of a split model, for all its parts; null: its size is
  /// not told.
  final bool? fits;

  @override
  Map<String, Object?> toJson() => {
    'name': name,
    if (sizeBytes case final value?) 'size_bytes': value,
    if (quantisation case final value?) 'quantisation': value,
    if (fits case final value?) 'fits': value,
  };

  /// A copy in which what is given replaces what is here.
  HubFile copyWith({
    String? name,
    int? sizeBytes,
    String? quantisation,
    bool? fits,
  }) => HubFile(
    name: name ?? this.name,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    quantisation: quantisation ?? this.quantisation,
    fits: fits ?? this.fits,
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
    required this.id,
    required this.maxUses,
    required this.uses,
    required this.createdBy,
    required this.createdAt,
    required this.expiresAt,
    this.email,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Invite.fromJson(Map<String, Object?> json) => Invite(
    id: read(json, 'id', asString),
    maxUses: read(json, 'max_uses', asInt),
    uses: read(json, 'uses', asInt),
    createdBy: read(json, 'created_by', asString),
    createdAt: read(json, 'created_at', asTime),
    expiresAt: read(json, 'expires_at', asTime),
    email: maybe(json, 'email', asString),
  );

  final String id;

  final int maxUses;

  final int uses;

  final String createdBy;

  final DateTime createdAt;

  final DateTime expiresAt;

  final String? email;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'max_uses': maxUses,
    'uses': uses,
    'created_by': createdBy,
    'created_at': writeTime(createdAt),
    'expires_at': writeTime(expiresAt),
    if (email case final value?) 'email': value,
  };

  /// A copy in which what is given replaces what is here.
  Invite copyWith({
    String? id,
    int? maxUses,
    int? uses,
    String? createdBy,
    DateTime? createdAt,
    DateTime? expiresAt,
    String? email,
  }) => Invite(
    id: id ?? this.id,
    maxUses: maxUses ?? this.maxUses,
    uses: uses ?? this.uses,
    createdBy: createdBy ?? this.createdBy,
    createdAt: createdAt ?? this.createdAt,
    expiresAt: expiresAt ?? this.expiresAt,
    email: email ?? this.email,
  );
}

/// A new invite.
final class InviteCreate extends Model {
  const InviteCreate({
    this.expiresDays,
    this.maxUses,
    this.email,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory InviteCreate.fromJson(Map<String, Object?> json) => InviteCreate(
    expiresDays: maybe(json, 'expires_days', asInt),
    maxUses: maybe(json, 'max_uses', asInt),
    email: maybe(json, 'email', asString),
  );

  /// None: 7.
  final int? expiresDays;

  /// None: 1.
  final int? maxUses;

  /// Whose it is alone; none: whoever has it may use it.
  final String? email;

  @override
  Map<String, Object?> toJson() => {
    if (expiresDays case final value?) 'expires_days': value,
    if (maxUses case final value?) 'max_uses': value,
    if (email case final value?) 'email': value,
  };

  /// A copy in which what is given replaces what is here.
  InviteCreate copyWith({
    int? expiresDays,
    int? maxUses,
    String? email,
  }) => InviteCreate(
    expiresDays: expiresDays ?? this.expiresDays,
    maxUses: maxUses ?? this.maxUses,
    email: email ?? this.email,
  );
}

/// The one time that an invite's token is shown.
final class InviteCreated extends Model {
  const InviteCreated({
    required this.inviteToken,
    required this.id,
    required this.expiresAt,
    required this.maxUses,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory InviteCreated.fromJson(Map<String, Object?> json) => InviteCreated(
    inviteToken: read(json, 'invite_token', asString),
    id: read(json, 'id', asString),
    expiresAt: read(json, 'expires_at', asTime),
    maxUses: read(json, 'max_uses', asInt),
  );

  final String inviteToken;

  final String id;

  final DateTime expiresAt;

  final int maxUses;

  @override
  Map<String, Object?> toJson() => {
    'invite_token': inviteToken,
    'id': id,
    'expires_at': writeTime(expiresAt),
    'max_uses': maxUses,
  };

  /// A copy in which what is given replaces what is here.
  InviteCreated copyWith({
    String? inviteToken,
    String? id,
    DateTime? expiresAt,
    int? maxUses,
  }) => InviteCreated(
    inviteToken: inviteToken ?? this.inviteToken,
    id: id ?? this.id,
    expiresAt: expiresAt ?? this.expiresAt,
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
    required this.jobId,
    required this.kind,
    required this.status,
    required this.downloadedBytes,
    required this.createdAt,
    this.modelId,
    this.progressPct,
    this.totalBytes,
    this.bytesPerS,
    this.etaS,
    this.error,
    this.startedAt,
    this.finishedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Job.fromJson(Map<String, Object?> json) => Job(
    jobId: read(json, 'job_id', asString),
    kind: read(json, 'kind', asString),
    status: read(json, 'status', JobStatus.fromJson),
    downloadedBytes: read(json, 'downloaded_bytes', asInt),
    createdAt: read(json, 'created_at', asTime),
    modelId: maybe(json, 'model_id', asString),
    progressPct: maybe(json, 'progress_pct', asDouble),
    totalBytes: maybe(json, 'total_bytes', asInt),
    bytesPerS: maybe(json, 'bytes_per_s', asInt),
    etaS: maybe(json, 'eta_s', asDouble),
    error: maybe(json, 'error', asMap),
    startedAt: maybe(json, 'started_at', asTime),
    finishedAt: maybe(json, 'finished_at', asTime),
  );

  final String jobId;

  /// `download` or `cleanup`.
  final String kind;

  final JobStatus status;

  /// Never falls, also when a download goes on after an interruption.
  final int downloadedBytes;

  final DateTime createdAt;

  /// The model that it brings.
  final String? modelId;

  /// 0 to 100; null while the size is not known.
  final double? progressPct;

  final int? totalBytes;

  /// Over the last seconds.
  final int? bytesPerS;

  /// Seconds to go at that speed.
  final double? etaS;

  /// Why it failed: the inside of the error envelope.
  final Map<String, Object?>? error;

  final DateTime? startedAt;

  final DateTime? finishedAt;

  @override
  Map<String, Object?> toJson() => {
    'job_id': jobId,
    'kind': kind,
    'status': status,
    'downloaded_bytes': downloadedBytes,
    'created_at': writeTime(createdAt),
    if (modelId case final value?) 'model_id': value,
    if (progressPct case final value?) 'progress_pct': value,
    if (totalBytes case final value?) 'total_bytes': value,
    if (bytesPerS case final value?) 'bytes_per_s': value,
    if (etaS case final value?) 'eta_s': value,
    if (error case final value?) 'error': value,
    if (startedAt case final value?) 'started_at': writeTime(value),
    if (finishedAt case final value?) 'finished_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  Job copyWith({
    String? jobId,
    String? kind,
    JobStatus? status,
    int? downloadedBytes,
    DateTime? createdAt,
    String? modelId,
    double? progressPct,
    int? totalBytes,
    int? bytesPerS,
    double? etaS,
    Map<String, Object?>? error,
    DateTime? startedAt,
    DateTime? finishedAt,
  }) => Job(
    jobId: jobId ?? this.jobId,
    kind: kind ?? this.kind,
    status: status ?? this.status,
    downloadedBytes: downloadedBytes ?? this.downloadedBytes,
    createdAt: createdAt ?? this.createdAt,
    modelId: modelId ?? this.modelId,
    progressPct: progressPct ?? this.progressPct,
    totalBytes: totalBytes ?? this.totalBytes,
    bytesPerS: bytesPerS ?? this.bytesPerS,
    etaS: etaS ?? this.etaS,
    error: error ?? this.error,
    startedAt: startedAt ?? this.startedAt,
    finishedAt: finishedAt ?? this.finishedAt,
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
    required this.used,
    required this.reserved,
    required this.resetsAt,
    this.limit,
    this.remaining,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LimitState.fromJson(Map<String, Object?> json) => LimitState(
    used: read(json, 'used', asNumber),
    reserved: read(json, 'reserved', asNumber),
    resetsAt: read(json, 'resets_at', asTime),
    limit: maybe(json, 'limit', asNumber),
    remaining: maybe(json, 'remaining', asNumber),
  );

  /// By requests that have ended.
  final num used;

  /// Set aside for requests that still run.
  final num reserved;

  /// When nothing of it is used any more.
  final DateTime resetsAt;

  /// Null: not limited.
  final num? limit;

  final num? remaining;

  @override
  Map<String, Object?> toJson() => {
    'used': used,
    'reserved': reserved,
    'resets_at': writeTime(resetsAt),
    if (limit case final value?) 'limit': value,
    if (remaining case final value?) 'remaining': value,
  };

  /// A copy in which what is given replaces what is here.
  LimitState copyWith({
    num? used,
    num? reserved,
    DateTime? resetsAt,
    num? limit,
    num? remaining,
  }) => LimitState(
    used: used ?? this.used,
    reserved: reserved ?? this.reserved,
    resetsAt: resetsAt ?? this.resetsAt,
    limit: limit ?? this.limit,
    remaining: remaining ?? this.remaining,
  );
}

/// The limits that hold for a user or a token, and what is used of them.
final class Limits extends Model {
  const Limits({
    required this.own,
    required this.limits,
    this.userId,
    this.tokenId,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Limits.fromJson(Map<String, Object?> json) => Limits(
    own: read(json, 'own', asModel(LimitsChange.fromJson)),
    limits: read(json, 'limits', asMapOf(asModel(LimitState.fromJson))),
    userId: maybe(json, 'user_id', asString),
    tokenId: maybe(json, 'token_id', asString),
  );

  /// What is set for this user or token alone.
  final LimitsChange own;

  /// What holds, by the limit's name.
  final Map<String, LimitState> limits;

  final String? userId;

  final String? tokenId;

  @override
  Map<String, Object?> toJson() => {
    'own': own.toJson(),
    'limits': writeMap(limits, (item) => item.toJson()),
    if (userId case final value?) 'user_id': value,
    if (tokenId case final value?) 'token_id': value,
  };

  /// A copy in which what is given replaces what is here.
  Limits copyWith({
    LimitsChange? own,
    Map<String, LimitState>? limits,
    String? userId,
    String? tokenId,
  }) => Limits(
    own: own ?? this.own,
    limits: limits ?? this.limits,
    userId: userId ?? this.userId,
    tokenId: tokenId ?? this.tokenId,
  );
}

/// Limits to be set, all of them: what is left out is not set.
final class LimitsChange extends Model {
  const LimitsChange({
    this.requestsPerMinute,
    this.tokensPerMinute,
    this.tokensPerDay,
    this.tokensPerMonth,
    this.costUsdPerDay,
    this.costUsdPerMonth,
    this.useDefaults = true,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LimitsChange.fromJson(Map<String, Object?> json) => LimitsChange(
    requestsPerMinute: maybe(json, 'requests_per_minute', asInt),
    tokensPerMinute: maybe(json, 'tokens_per_minute', asInt),
    tokensPerDay: maybe(json, 'tokens_per_day', asInt),
    tokensPerMonth: maybe(json, 'tokens_per_month', asInt),
    costUsdPerDay: maybe(json, 'cost_usd_per_day', asDouble),
    costUsdPerMonth: maybe(json, 'cost_usd_per_month', asDouble),
    useDefaults: readOr(json, 'use_defaults', asBool, true),
  );

  /// In any 60 seconds.
  final int? requestsPerMinute;

  /// Of prompts and answers, in any 60 seconds.
  final int? tokensPerMinute;

  /// In a day of UTC.
  final int? tokensPerDay;

  /// In a month of UTC.
  final int? tokensPerMonth;

  /// In a day of UTC; what has no price costs nothing.
  final double? costUsdPerDay;

  /// In a month of UTC.
  final double? costUsdPerMonth;

  /// Whether the defaults of all users hold where nothing is set; tokens have
  /// none.
  final bool useDefaults;

  @override
  Map<String, Object?> toJson() => {
    if (requestsPerMinute case final value?) 'requests_per_minute': value,
    if (tokensPerMinute case final value?) 'tokens_per_minute': value,
    if (tokensPerDay case final value?) 'tokens_per_day': value,
    if (tokensPerMonth case final value?) 'tokens_per_month': value,
    if (costUsdPerDay case final value?) 'cost_usd_per_day': value,
    if (costUsdPerMonth case final value?) 'cost_usd_per_month': value,
    'use_defaults': useDefaults,
  };

  /// A copy in which what is given replaces what is here.
  LimitsChange copyWith({
    int? requestsPerMinute,
    int? tokensPerMinute,
    int? tokensPerDay,
    int? tokensPerMonth,
    double? costUsdPerDay,
    double? costUsdPerMonth,
    bool? useDefaults,
  }) => LimitsChange(
    requestsPerMinute: requestsPerMinute ?? this.requestsPerMinute,
    tokensPerMinute: tokensPerMinute ?? this.tokensPerMinute,
    tokensPerDay: tokensPerDay ?? this.tokensPerDay,
    tokensPerMonth: tokensPerMonth ?? this.tokensPerMonth,
    costUsdPerDay: costUsdPerDay ?? this.costUsdPerDay,
    costUsdPerMonth: costUsdPerMonth ?? this.costUsdPerMonth,
    useDefaults: useDefaults ?? this.useDefaults,
  );
}

/// How to load.
final class LoadRequest extends Model {
  const LoadRequest({
    this.wait = false,
    this.pin,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LoadRequest.fromJson(Map<String, Object?> json) => LoadRequest(
    wait: readOr(json, 'wait', asBool, false),
    pin: maybe(json, 'pin', asBool),
  );

  /// Answer only when the model is loaded.
  final bool wait;

  /// Whether it shall stay in memory; null leaves that as it is.
  final bool? pin;

  @override
  Map<String, Object?> toJson() => {
    'wait': wait,
    if (pin case final value?) 'pin': value,
  };

  /// A copy in which what is given replaces what is here.
  LoadRequest copyWith({
    bool? wait,
    bool? pin,
  }) => LoadRequest(
    wait: wait ?? this.wait,
    pin: pin ?? this.pin,
  );
}

/// A model in memory.
final class LoadedModelInfo extends Model {
  const LoadedModelInfo({
    required this.modelId,
    required this.loadedAt,
    required this.isPinned,
    required this.isBusy,
    required this.activeRequests,
    required this.queueDepth,
    this.lastUsedAt,
    this.memoryBytes,
    this.device,
    this.until,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LoadedModelInfo.fromJson(Map<String, Object?> json) =>
      LoadedModelInfo(
        modelId: read(json, 'model_id', asString),
        loadedAt: read(json, 'loaded_at', asTime),
        isPinned: read(json, 'is_pinned', asBool),
        isBusy: read(json, 'is_busy', asBool),
        activeRequests: read(json, 'active_requests', asInt),
        queueDepth: read(json, 'queue_depth', asInt),
        lastUsedAt: maybe(json, 'last_used_at', asTime),
        memoryBytes: maybe(json, 'memory_bytes', asInt),
        device: maybe(json, 'device', asString),
        until: maybe(json, 'until', asTime),
      );

  final String modelId;

  final DateTime loadedAt;

  final bool isPinned;

  final bool isBusy;

  final int activeRequests;

  final int queueDepth;

  final DateTime? lastUsedAt;

  final int? memoryBytes;

  /// Where it computes: `cpu`, `cuda`, `mps`, …
  final String? device;

  /// When it is unloaded if nobody asks; null while pinned or in use.
  final DateTime? until;

  @override
  Map<String, Object?> toJson() => {
    'model_id': modelId,
    'loaded_at': writeTime(loadedAt),
    'is_pinned': isPinned,
    'is_busy': isBusy,
    'active_requests': activeRequests,
    'queue_depth': queueDepth,
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
    if (memoryBytes case final value?) 'memory_bytes': value,
    if (device case final value?) 'device': value,
    if (until case final value?) 'until': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  LoadedModelInfo copyWith({
    String? modelId,
    DateTime? loadedAt,
    bool? isPinned,
    bool? isBusy,
    int? activeRequests,
    int? queueDepth,
    DateTime? lastUsedAt,
    int? memoryBytes,
    String? device,
    DateTime? until,
  }) => LoadedModelInfo(
    modelId: modelId ?? this.modelId,
    loadedAt: loadedAt ?? this.loadedAt,
    isPinned: isPinned ?? this.isPinned,
    isBusy: isBusy ?? this.isBusy,
    activeRequests: activeRequests ?? this.activeRequests,
    queueDepth: queueDepth ?? this.queueDepth,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    memoryBytes: memoryBytes ?? this.memoryBytes,
    device: device ?? this.device,
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
    required this.tokenType,
    required this.expiresAt,
    required this.user,
    this.token,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory LoggedIn.fromJson(Map<String, Object?> json) => LoggedIn(
    tokenType: read(json, 'token_type', asString),
    expiresAt: read(json, 'expires_at', asTime),
    user: read(json, 'user', asModel(Profile.fromJson)),
    token: maybe(json, 'token', asString),
  );

  /// One of `bearer`, `cookie`.
  final String tokenType;

  final DateTime expiresAt;

  final Profile user;

  final String? token;

  @override
  Map<String, Object?> toJson() => {
    'token_type': tokenType,
    'expires_at': writeTime(expiresAt),
    'user': user.toJson(),
    if (token case final value?) 'token': value,
  };

  /// A copy in which what is given replaces what is here.
  LoggedIn copyWith({
    String? tokenType,
    DateTime? expiresAt,
    Profile? user,
    String? token,
  }) => LoggedIn(
    tokenType: tokenType ?? this.tokenType,
    expiresAt: expiresAt ?? this.expiresAt,
    user: user ?? this.user,
    token: token ?? this.token,
  );
}

/// Who logs in: by address or by user name.
final class Login extends Model {
  const Login({
    required this.password,
    this.email,
    this.username,
    this.cookie,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Login.fromJson(Map<String, Object?> json) => Login(
    password: read(json, 'password', asString),
    email: maybe(json, 'email', asString),
    username: maybe(json, 'username', asString),
    cookie: maybe(json, 'cookie', asBool),
  );

  final String password;

  final String? email;

  final String? username;

  /// Set a cookie in place of giving a token.
  final bool? cookie;

  @override
  Map<String, Object?> toJson() => {
    'password': password,
    if (email case final value?) 'email': value,
    if (username case final value?) 'username': value,
    if (cookie case final value?) 'cookie': value,
  };

  /// A copy in which what is given replaces what is here.
  Login copyWith({
    String? password,
    String? email,
    String? username,
    bool? cookie,
  }) => Login(
    password: password ?? this.password,
    email: email ?? this.email,
    username: username ?? this.username,
    cookie: cookie ?? this.cookie,
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
    this.toolCalls,
    this.toolCallId,
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
    toolCalls: maybe(json, 'tool_calls', asList(asMap)),
    toolCallId: maybe(json, 'tool_call_id', asString),
  );

  final MessageRole role;

  /// A `String` or a `List<ContentPart>`.
  final Object? content;

  final String? name;

  final List<Map<String, Object?>>? toolCalls;

  final String? toolCallId;

  @override
  Map<String, Object?> toJson() => {
    'role': role,
    if (content case final value?) 'content': toWire(value),
    if (name case final value?) 'name': value,
    if (toolCalls case final value?) 'tool_calls': value,
    if (toolCallId case final value?) 'tool_call_id': value,
  };

  /// A copy in which what is given replaces what is here.
  Message copyWith({
    MessageRole? role,
    Object? content,
    String? name,
    List<Map<String, Object?>>? toolCalls,
    String? toolCallId,
  }) => Message(
    role: role ?? this.role,
    content: content ?? this.content,
    name: name ?? this.name,
    toolCalls: toolCalls ?? this.toolCalls,
    toolCallId: toolCallId ?? this.toolCallId,
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
    this.name,
    this.version,
    this.modality,
    this.description,
    this.capabilities,
    this.source,
    this.licence,
    this.parameters,
    this.recommendedParameters,
    this.status,
    this.pinned,
    this.pricing,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelChange.fromJson(Map<String, Object?> json) => ModelChange(
    name: maybe(json, 'name', asString),
    version: maybe(json, 'version', asString),
    modality: maybe(json, 'modality', Modality.fromJson),
    description: maybe(json, 'description', asString),
    capabilities: maybe(json, 'capabilities', asModel(Capabilities.fromJson)),
    source: maybe(json, 'source', asModel(Source.fromJson)),
    licence: maybe(json, 'licence', asString),
    parameters: maybe(json, 'parameters', asMap),
    recommendedParameters: maybe(json, 'recommended_parameters', asMap),
    status: maybe(json, 'status', asString),
    pinned: maybe(json, 'pinned', asBool),
    pricing: maybe(json, 'pricing', asMap),
  );

  final String? name;

  final String? version;

  final Modality? modality;

  final String? description;

  /// Merged into what is known.
  final Capabilities? capabilities;

  final Source? source;

  final String? licence;

  /// A JSON Schema (draft 2020-12) of type object.
  final Map<String, Object?>? parameters;

  final Map<String, Object?>? recommendedParameters;

  /// One of `available`, `disabled`.
  final String? status;

  final bool? pinned;

  final Map<String, Object?>? pricing;

  @override
  Map<String, Object?> toJson() => {
    if (name case final value?) 'name': value,
    if (version case final value?) 'version': value,
    if (modality case final value?) 'modality': value,
    if (description case final value?) 'description': value,
    if (capabilities case final value?) 'capabilities': value.toJson(),
    if (source case final value?) 'source': value.toJson(),
    if (licence case final value?) 'licence': value,
    if (parameters case final value?) 'parameters': value,
    if (recommendedParameters case final value?) 'recommended_parameters':
        value,
    if (status case final value?) 'status': value,
    if (pinned case final value?) 'pinned': value,
    if (pricing case final value?) 'pricing': value,
  };

  /// A copy in which what is given replaces what is here.
  ModelChange copyWith({
    String? name,
    String? version,
    Modality? modality,
    String? description,
    Capabilities? capabilities,
    Source? source,
    String? licence,
    Map<String, Object?>? parameters,
    Map<String, Object?>? recommendedParameters,
    String? status,
    bool? pinned,
    Map<String, Object?>? pricing,
  }) => ModelChange(
    name: name ?? this.name,
    version: version ?? this.version,
    modality: modality ?? this.modality,
    description: description ?? this.description,
    capabilities: capabilities ?? this.capabilities,
    source: source ?? this.source,
    licence: licence ?? this.licence,
    parameters: parameters ?? this.parameters,
    recommendedParameters: recommendedParameters ?? this.recommendedParameters,
    status: status ?? this.status,
    pinned: pinned ?? this.pinned,
    pricing: pricing ?? this.pricing,
  );
}

/// A model to register.
final class ModelCreate extends Model {
  const ModelCreate({
    this.name,
    this.version,
    this.modality,
    this.description,
    this.capabilities,
    this.source,
    this.licence,
    this.parameters,
    this.recommendedParameters,
    this.status,
    this.pinned,
    this.pricing,
    this.id,
    this.localPath,
    this.provider,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelCreate.fromJson(Map<String, Object?> json) => ModelCreate(
    name: maybe(json, 'name', asString),
    version: maybe(json, 'version', asString),
    modality: maybe(json, 'modality', Modality.fromJson),
    description: maybe(json, 'description', asString),
    capabilities: maybe(json, 'capabilities', asModel(Capabilities.fromJson)),
    source: maybe(json, 'source', asModel(Source.fromJson)),
    licence: maybe(json, 'licence', asString),
    parameters: maybe(json, 'parameters', asMap),
    recommendedParameters: maybe(json, 'recommended_parameters', asMap),
    status: maybe(json, 'status', asString),
    pinned: maybe(json, 'pinned', asBool),
    pricing: maybe(json, 'pricing', asMap),
    id: maybe(json, 'id', asString),
    localPath: maybe(json, 'local_path', asString),
    provider: maybe(json, 'provider', asString),
  );

  final String? name;

  final String? version;

  final Modality? modality;

  final String? description;

  /// Merged into what is known.
  final Capabilities? capabilities;

  final Source? source;

  final String? licence;

  /// A JSON Schema (draft 2020-12) of type object.
  final Map<String, Object?>? parameters;

  final Map<String, Object?>? recommendedParameters;

  /// One of `available`, `disabled`.
  final String? status;

  final bool? pinned;

  final Map<String, Object?>? pricing;

  /// None: the file's name without its ending, or the name.
  final String? id;

  /// A GGUF file or a diffusers pipeline inside a model folder; a relative path
  /// begins at one.
  final String? localPath;

  /// Who runs it; none: the provider that the id begins with (`provider:name`),
  /// else this machine.
  final String? provider;

  @override
  Map<String, Object?> toJson() => {
    if (name case final value?) 'name': value,
    if (version case final value?) 'version': value,
    if (modality case final value?) 'modality': value,
    if (description case final value?) 'description': value,
    if (capabilities case final value?) 'capabilities': value.toJson(),
    if (source case final value?) 'source': value.toJson(),
    if (licence case final value?) 'licence': value,
    if (parameters case final value?) 'parameters': value,
    if (recommendedParameters case final value?) 'recommended_parameters':
        value,
    if (status case final value?) 'status': value,
    if (pinned case final value?) 'pinned': value,
    if (pricing case final value?) 'pricing': value,
    if (id case final value?) 'id': value,
    if (localPath case final value?) 'local_path': value,
    if (provider case final value?) 'provider': value,
  };

  /// A copy in which what is given replaces what is here.
  ModelCreate copyWith({
    String? name,
    String? version,
    Modality? modality,
    String? description,
    Capabilities? capabilities,
    Source? source,
    String? licence,
    Map<String, Object?>? parameters,
    Map<String, Object?>? recommendedParameters,
    String? status,
    bool? pinned,
    Map<String, Object?>? pricing,
    String? id,
    String? localPath,
    String? provider,
  }) => ModelCreate(
    name: name ?? this.name,
    version: version ?? this.version,
    modality: modality ?? this.modality,
    description: description ?? this.description,
    capabilities: capabilities ?? this.capabilities,
    source: source ?? this.source,
    licence: licence ?? this.licence,
    parameters: parameters ?? this.parameters,
    recommendedParameters: recommendedParameters ?? this.recommendedParameters,
    status: status ?? this.status,
    pinned: pinned ?? this.pinned,
    pricing: pricing ?? this.pricing,
    id: id ?? this.id,
    localPath: localPath ?? this.localPath,
    provider: provider ?? this.provider,
  );
}

/// A model of the catalog.
final class ModelInfo extends Model {
  const ModelInfo({
    required this.id,
    required this.name,
    required this.modality,
    required this.provider,
    required this.capabilities,
    required this.source,
    required this.recommendedParameters,
    required this.parameters,
    required this.created,
    required this.ownedBy,
    required this.status,
    required this.isDefault,
    required this.pinned,
    required this.availability,
    this.version,
    this.description,
    this.sizeBytes,
    this.localPath,
    this.licence,
    this.documentation,
    this.object = 'model',
    this.statusReason,
    this.jobId,
    this.runtimeStatus,
    this.pricing,
    this.createdAt,
    this.lastUsedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelInfo.fromJson(Map<String, Object?> json) => ModelInfo(
    id: read(json, 'id', asString),
    name: read(json, 'name', asString),
    modality: read(json, 'modality', Modality.fromJson),
    provider: read(json, 'provider', asString),
    capabilities: read(
      json,
      'capabilities',
      asModel(CapabilitiesInfo.fromJson),
    ),
    source: read(json, 'source', asModel(SourceInfo.fromJson)),
    recommendedParameters: read(json, 'recommended_parameters', asMap),
    parameters: read(json, 'parameters', asMap),
    created: read(json, 'created', asInt),
    ownedBy: read(json, 'owned_by', asString),
    status: read(json, 'status', ModelStatus.fromJson),
    isDefault: read(json, 'is_default', asBool),
    pinned: read(json, 'pinned', asBool),
    availability: read(json, 'availability', asModel(Availability.fromJson)),
    version: maybe(json, 'version', asString),
    description: maybe(json, 'description', asString),
    sizeBytes: maybe(json, 'size_bytes', asInt),
    localPath: maybe(json, 'local_path', asString),
    licence: maybe(json, 'licence', asString),
    documentation: maybe(json, 'documentation', asString),
    object: readOr(json, 'object', asString, 'model'),
    statusReason: maybe(json, 'status_reason', asString),
    jobId: maybe(json, 'job_id', asString),
    runtimeStatus: maybe(json, 'runtime_status', RuntimeState.fromJson),
    pricing: maybe(json, 'pricing', asMap),
    createdAt: maybe(json, 'created_at', asTime),
    lastUsedAt: maybe(json, 'last_used_at', asTime),
  );

  final String id;

  final String name;

  final Modality modality;

  final String provider;

  final CapabilitiesInfo capabilities;

  final SourceInfo source;

  final Map<String, Object?> recommendedParameters;

  /// JSON Schema of the parameters that a request may carry.
  final Map<String, Object?> parameters;

  /// Seconds since 1970.
  final int created;

  final String ownedBy;

  final ModelStatus status;

  final bool isDefault;

  final bool pinned;

  final Availability availability;

  /// Of files: the quantisation, or the precision of a pipeline's weights.
  final String? version;

  final String? description;

  final int? sizeBytes;

  /// Shown to admins only.
  final String? localPath;

  final String? licence;

  final String? documentation;

  final String object;

  /// Why it is not available.
  final String? statusReason;

  /// The download that brings it.
  final String? jobId;

  /// Null for models that a provider runs.
  final RuntimeState? runtimeStatus;

  final Map<String, Object?>? pricing;

  final DateTime? createdAt;

  final DateTime? lastUsedAt;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'name': name,
    'modality': modality,
    'provider': provider,
    'capabilities': capabilities.toJson(),
    'source': source.toJson(),
    'recommended_parameters': recommendedParameters,
    'parameters': parameters,
    'created': created,
    'owned_by': ownedBy,
    'status': status,
    'is_default': isDefault,
    'pinned': pinned,
    'availability': availability.toJson(),
    if (version case final value?) 'version': value,
    if (description case final value?) 'description': value,
    if (sizeBytes case final value?) 'size_bytes': value,
    if (localPath case final value?) 'local_path': value,
    if (licence case final value?) 'licence': value,
    if (documentation case final value?) 'documentation': value,
    'object': object,
    if (statusReason case final value?) 'status_reason': value,
    if (jobId case final value?) 'job_id': value,
    if (runtimeStatus case final value?) 'runtime_status': value,
    if (pricing case final value?) 'pricing': value,
    if (createdAt case final value?) 'created_at': writeTime(value),
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  ModelInfo copyWith({
    String? id,
    String? name,
    Modality? modality,
    String? provider,
    CapabilitiesInfo? capabilities,
    SourceInfo? source,
    Map<String, Object?>? recommendedParameters,
    Map<String, Object?>? parameters,
    int? created,
    String? ownedBy,
    ModelStatus? status,
    bool? isDefault,
    bool? pinned,
    Availability? availability,
    String? version,
    String? description,
    int? sizeBytes,
    String? localPath,
    String? licence,
    String? documentation,
    String? object,
    String? statusReason,
    String? jobId,
    RuntimeState? runtimeStatus,
    Map<String, Object?>? pricing,
    DateTime? createdAt,
    DateTime? lastUsedAt,
  }) => ModelInfo(
    id: id ?? this.id,
    name: name ?? this.name,
    modality: modality ?? this.modality,
    provider: provider ?? this.provider,
    capabilities: capabilities ?? this.capabilities,
    source: source ?? this.source,
    recommendedParameters: recommendedParameters ?? this.recommendedParameters,
    parameters: parameters ?? this.parameters,
    created: created ?? this.created,
    ownedBy: ownedBy ?? this.ownedBy,
    status: status ?? this.status,
    isDefault: isDefault ?? this.isDefault,
    pinned: pinned ?? this.pinned,
    availability: availability ?? this.availability,
    version: version ?? this.version,
    description: description ?? this.description,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    localPath: localPath ?? this.localPath,
    licence: licence ?? this.licence,
    documentation: documentation ?? this.documentation,
    object: object ?? this.object,
    statusReason: statusReason ?? this.statusReason,
    jobId: jobId ?? this.jobId,
    runtimeStatus: runtimeStatus ?? this.runtimeStatus,
    pricing: pricing ?? this.pricing,
    createdAt: createdAt ?? this.createdAt,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
  );
}

/// A page of the catalog, twice: in full, and in OpenAI's short shape.
final class ModelList extends Model {
  const ModelList({
    required this.models,
    required this.data,
    this.nextCursor,
    this.object = 'list',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelList.fromJson(Map<String, Object?> json) => ModelList(
    models: read(json, 'models', asList(asModel(ModelInfo.fromJson))),
    data: read(json, 'data', asList(asModel(OpenAIModel.fromJson))),
    nextCursor: maybe(json, 'next_cursor', asString),
    object: readOr(json, 'object', asString, 'list'),
  );

  final List<ModelInfo> models;

  final List<OpenAIModel> data;

  final String? nextCursor;

  final String object;

  @override
  Map<String, Object?> toJson() => {
    'models': writeList(models, (item) => item.toJson()),
    'data': writeList(data, (item) => item.toJson()),
    if (nextCursor case final value?) 'next_cursor': value,
    'object': object,
  };

  /// A copy in which what is given replaces what is here.
  ModelList copyWith({
    List<ModelInfo>? models,
    List<OpenAIModel>? data,
    String? nextCursor,
    String? object,
  }) => ModelList(
    models: models ?? this.models,
    data: data ?? this.data,
    nextCursor: nextCursor ?? this.nextCursor,
    object: object ?? this.object,
  );
}

/// One model's parameters, as the registry stores them.
final class ModelSchemaInfo extends Model {
  const ModelSchemaInfo({
    required this.modelId,
    required this.modality,
    required this.parameters,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ModelSchemaInfo.fromJson(Map<String, Object?> json) =>
      ModelSchemaInfo(
        modelId: read(json, 'model_id', asString),
        modality: read(json, 'modality', Modality.fromJson),
        parameters: read(json, 'parameters', asMap),
      );

  final String modelId;

  final Modality modality;

  /// JSON Schema.
  final Map<String, Object?> parameters;

  @override
  Map<String, Object?> toJson() => {
    'model_id': modelId,
    'modality': modality,
    'parameters': parameters,
  };

  /// A copy in which what is given replaces what is here.
  ModelSchemaInfo copyWith({
    String? modelId,
    Modality? modality,
    Map<String, Object?>? parameters,
  }) => ModelSchemaInfo(
    modelId: modelId ?? this.modelId,
    modality: modality ?? this.modality,
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
    required this.own,
    required this.limits,
    this.userId,
    this.tokenId,
    this.token,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory MyLimits.fromJson(Map<String, Object?> json) => MyLimits(
    own: read(json, 'own', asModel(LimitsChange.fromJson)),
    limits: read(json, 'limits', asMapOf(asModel(LimitState.fromJson))),
    userId: maybe(json, 'user_id', asString),
    tokenId: maybe(json, 'token_id', asString),
    token: maybe(json, 'token', asModel(Limits.fromJson)),
  );

  /// What is set for this user or token alone.
  final LimitsChange own;

  /// What holds, by the limit's name.
  final Map<String, LimitState> limits;

  final String? userId;

  final String? tokenId;

  /// Those of the token that was used, where it has some.
  final Limits? token;

  @override
  Map<String, Object?> toJson() => {
    'own': own.toJson(),
    'limits': writeMap(limits, (item) => item.toJson()),
    if (userId case final value?) 'user_id': value,
    if (tokenId case final value?) 'token_id': value,
    if (token case final value?) 'token': value.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  MyLimits copyWith({
    LimitsChange? own,
    Map<String, LimitState>? limits,
    String? userId,
    String? tokenId,
    Limits? token,
  }) => MyLimits(
    own: own ?? this.own,
    limits: limits ?? this.limits,
    userId: userId ?? this.userId,
    tokenId: tokenId ?? this.tokenId,
    token: token ?? this.token,
  );
}

/// OpenAI's short shape
/// (https://platform.openai.com/docs/api-reference/models/object).
final class OpenAIModel extends Model {
  const OpenAIModel({
    required this.id,
    required this.created,
    required this.ownedBy,
    this.object = 'model',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory OpenAIModel.fromJson(Map<String, Object?> json) => OpenAIModel(
    id: read(json, 'id', asString),
    created: read(json, 'created', asInt),
    ownedBy: read(json, 'owned_by', asString),
    object: readOr(json, 'object', asString, 'model'),
  );

  final String id;

  final int created;

  final String ownedBy;

  final String object;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'created': created,
    'owned_by': ownedBy,
    'object': object,
  };

  /// A copy in which what is given replaces what is here.
  OpenAIModel copyWith({
    String? id,
    int? created,
    String? ownedBy,
    String? object,
  }) => OpenAIModel(
    id: id ?? this.id,
    created: created ?? this.created,
    ownedBy: ownedBy ?? this.ownedBy,
    object: object ?? this.object,
  );
}

/// What was made; the field of the modality is set.
final class Output extends Model {
  const Output({
    this.text,
    this.reasoning,
    this.toolCalls,
    this.images,
    this.mesh,
    this.artifacts,
    this.logprobs,
    this.seed,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Output.fromJson(Map<String, Object?> json) => Output(
    text: maybe(json, 'text', asString),
    reasoning: maybe(json, 'reasoning', asString),
    toolCalls: maybe(json, 'tool_calls', asList(asMap)),
    images: maybe(json, 'images', asList(asString)),
    mesh: maybe(json, 'mesh', asString),
    artifacts: maybe(json, 'artifacts', asList(asModel(Artifact.fromJson))),
    logprobs: maybe(json, 'logprobs', asMap),
    seed: maybe(json, 'seed', asInt),
  );

  final String? text;

  final String? reasoning;

  final List<Map<String, Object?>>? toolCalls;

  final List<String>? images;

  final String? mesh;

  final List<Artifact>? artifacts;

  final Map<String, Object?>? logprobs;

  /// Makes the same images or the same mesh again; null where unknown.
  final int? seed;

  @override
  Map<String, Object?> toJson() => {
    if (text case final value?) 'text': value,
    if (reasoning case final value?) 'reasoning': value,
    if (toolCalls case final value?) 'tool_calls': value,
    if (images case final value?) 'images': value,
    if (mesh case final value?) 'mesh': value,
    if (artifacts case final value?) 'artifacts':
        writeList(value, (item) => item.toJson()),
    if (logprobs case final value?) 'logprobs': value,
    if (seed case final value?) 'seed': value,
  };

  /// A copy in which what is given replaces what is here.
  Output copyWith({
    String? text,
    String? reasoning,
    List<Map<String, Object?>>? toolCalls,
    List<String>? images,
    String? mesh,
    List<Artifact>? artifacts,
    Map<String, Object?>? logprobs,
    int? seed,
  }) => Output(
    text: text ?? this.text,
    reasoning: reasoning ?? this.reasoning,
    toolCalls: toolCalls ?? this.toolCalls,
    images: images ?? this.images,
    mesh: mesh ?? this.mesh,
    artifacts: artifacts ?? this.artifacts,
    logprobs: logprobs ?? this.logprobs,
    seed: seed ?? this.seed,
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

/// The models that `auto` chooses, or providers whose models go first; what is
/// gone is passed over. What is left out stays, null takes it away.
final class PreferredModels extends Model {
  const PreferredModels({
    this.text,
    this.image,
    this.threeD,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory PreferredModels.fromJson(Map<String, Object?> json) =>
      PreferredModels(
        text: maybe(json, 'text', asString),
        image: maybe(json, 'image', asString),
        threeD: maybe(json, '3d', asString),
      );

  final String? text;

  final String? image;

  final String? threeD;

  @override
  Map<String, Object?> toJson() => {
    if (text case final value?) 'text': value,
    if (image case final value?) 'image': value,
    if (threeD case final value?) '3d': value,
  };

  /// A copy in which what is given replaces what is here.
  PreferredModels copyWith({
    String? text,
    String? image,
    String? threeD,
  }) => PreferredModels(
    text: text ?? this.text,
    image: image ?? this.image,
    threeD: threeD ?? this.threeD,
  );
}

/// A user, as that user sees it.
final class Profile extends Model {
  const Profile({
    required this.id,
    required this.role,
    required this.preferredModels,
    required this.preferences,
    required this.createdAt,
    this.email,
    this.username,
    this.displayName,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Profile.fromJson(Map<String, Object?> json) => Profile(
    id: read(json, 'id', asString),
    role: read(json, 'role', UserRole.fromJson),
    preferredModels: read(
      json,
      'preferred_models',
      asModel(PreferredModels.fromJson),
    ),
    preferences: read(json, 'preferences', asMap),
    createdAt: read(json, 'created_at', asTime),
    email: maybe(json, 'email', asString),
    username: maybe(json, 'username', asString),
    displayName: maybe(json, 'display_name', asString),
  );

  final String id;

  final UserRole role;

  final PreferredModels preferredModels;

  /// The user interface's own.
  final Map<String, Object?> preferences;

  final DateTime createdAt;

  final String? email;

  final String? username;

  final String? displayName;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'role': role,
    'preferred_models': preferredModels.toJson(),
    'preferences': preferences,
    'created_at': writeTime(createdAt),
    if (email case final value?) 'email': value,
    if (username case final value?) 'username': value,
    if (displayName case final value?) 'display_name': value,
  };

  /// A copy in which what is given replaces what is here.
  Profile copyWith({
    String? id,
    UserRole? role,
    PreferredModels? preferredModels,
    Map<String, Object?>? preferences,
    DateTime? createdAt,
    String? email,
    String? username,
    String? displayName,
  }) => Profile(
    id: id ?? this.id,
    role: role ?? this.role,
    preferredModels: preferredModels ?? this.preferredModels,
    preferences: preferences ?? this.preferences,
    createdAt: createdAt ?? this.createdAt,
    email: email ?? this.email,
    username: username ?? this.username,
    displayName: displayName ?? this.displayName,
  );
}

/// What is absent or null stays as it is.
final class ProfileChange extends Model {
  const ProfileChange({
    this.email,
    this.username,
    this.displayName,
    this.preferredModels,
    this.preferences,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProfileChange.fromJson(Map<String, Object?> json) => ProfileChange(
    email: maybe(json, 'email', asString),
    username: maybe(json, 'username', asString),
    displayName: maybe(json, 'display_name', asString),
    preferredModels: maybe(
      json,
      'preferred_models',
      asModel(PreferredModels.fromJson),
    ),
    preferences: maybe(json, 'preferences', asMap),
  );

  final String? email;

  final String? username;

  final String? displayName;

  final PreferredModels? preferredModels;

  /// Merged by name; a null takes a name away. At most 64 KiB.
  final Map<String, Object?>? preferences;

  @override
  Map<String, Object?> toJson() => {
    if (email case final value?) 'email': value,
    if (username case final value?) 'username': value,
    if (displayName case final value?) 'display_name': value,
    if (preferredModels case final value?) 'preferred_models': value.toJson(),
    if (preferences case final value?) 'preferences': value,
  };

  /// A copy in which what is given replaces what is here.
  ProfileChange copyWith({
    String? email,
    String? username,
    String? displayName,
    PreferredModels? preferredModels,
    Map<String, Object?>? preferences,
  }) => ProfileChange(
    email: email ?? this.email,
    username: username ?? this.username,
    displayName: displayName ?? this.displayName,
    preferredModels: preferredModels ?? this.preferredModels,
    preferences: preferences ?? this.preferences,
  );
}

/// One provider.
final class Provider extends Model {
  const Provider({
    required this.name,
    required this.title,
    required this.configured,
    required this.supportedModalities,
    required this.credentialTypes,
    this.creditsStatus,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Provider.fromJson(Map<String, Object?> json) => Provider(
    name: read(json, 'name', asString),
    title: read(json, 'title', asString),
    configured: read(json, 'configured', asBool),
    supportedModalities: read(
      json,
      'supported_modalities',
      asList(Modality.fromJson),
    ),
    credentialTypes: read(json, 'credential_types', asMap),
    creditsStatus: maybe(json, 'credits_status', asModel(Credits.fromJson)),
  );

  final String name;

  final String title;

  /// Whether its models can be used: there is a key, or none is needed.
  final bool configured;

  final List<Modality> supportedModalities;

  /// JSON Schema of what `POST /v1/users/provider-keys` takes beside
  /// `provider`: one of `anyOf`.
  final Map<String, Object?> credentialTypes;

  /// Null without an account, and for this machine.
  final Credits? creditsStatus;

  @override
  Map<String, Object?> toJson() => {
    'name': name,
    'title': title,
    'configured': configured,
    'supported_modalities': supportedModalities,
    'credential_types': credentialTypes,
    if (creditsStatus case final value?) 'credits_status': value.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  Provider copyWith({
    String? name,
    String? title,
    bool? configured,
    List<Modality>? supportedModalities,
    Map<String, Object?>? credentialTypes,
    Credits? creditsStatus,
  }) => Provider(
    name: name ?? this.name,
    title: title ?? this.title,
    configured: configured ?? this.configured,
    supportedModalities: supportedModalities ?? this.supportedModalities,
    credentialTypes: credentialTypes ?? this.credentialTypes,
    creditsStatus: creditsStatus ?? this.creditsStatus,
  );
}

/// A credential as its owner sees it again.
final class ProviderKey extends Model {
  const ProviderKey({
    required this.id,
    required this.provider,
    required this.credentialType,
    required this.maskedKey,
    required this.createdAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProviderKey.fromJson(Map<String, Object?> json) => ProviderKey(
    id: read(json, 'id', asString),
    provider: read(json, 'provider', asString),
    credentialType: read(json, 'credential_type', CredentialType.fromJson),
    maskedKey: read(json, 'masked_key', asString),
    createdAt: read(json, 'created_at', asTime),
  );

  final String id;

  final String provider;

  final CredentialType credentialType;

  /// Enough to tell keys apart.
  final String maskedKey;

  final DateTime createdAt;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'provider': provider,
    'credential_type': credentialType,
    'masked_key': maskedKey,
    'created_at': writeTime(createdAt),
  };

  /// A copy in which what is given replaces what is here.
  ProviderKey copyWith({
    String? id,
    String? provider,
    CredentialType? credentialType,
    String? maskedKey,
    DateTime? createdAt,
  }) => ProviderKey(
    id: id ?? this.id,
    provider: provider ?? this.provider,
    credentialType: credentialType ?? this.credentialType,
    maskedKey: maskedKey ?? this.maskedKey,
    createdAt: createdAt ?? this.createdAt,
  );
}

/// What the provider says of a credential.
final class ProviderKeyCheck extends Model {
  const ProviderKeyCheck({
    required this.provider,
    required this.message,
    this.valid,
    this.models,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProviderKeyCheck.fromJson(Map<String, Object?> json) =>
      ProviderKeyCheck(
        provider: read(json, 'provider', asString),
        message: read(json, 'message', asString),
        valid: maybe(json, 'valid', asBool),
        models: maybe(json, 'models', asInt),
      );

  final String provider;

  final String message;

  /// Null where the provider has no call that tells.
  final bool? valid;

  /// How many models it unlocks.
  final int? models;

  @override
  Map<String, Object?> toJson() => {
    'provider': provider,
    'message': message,
    if (valid case final value?) 'valid': value,
    if (models case final value?) 'models': value,
  };

  /// A copy in which what is given replaces what is here.
  ProviderKeyCheck copyWith({
    String? provider,
    String? message,
    bool? valid,
    int? models,
  }) => ProviderKeyCheck(
    provider: provider ?? this.provider,
    message: message ?? this.message,
    valid: valid ?? this.valid,
    models: models ?? this.models,
  );
}

/// A credential. What a provider takes is in `credential_types` of `GET
/// /v1/providers`.
final class ProviderKeyCreate extends Model {
  const ProviderKeyCreate({
    required this.provider,
    required this.credentialType,
    this.apiKey,
    this.endpoint,
    this.serviceAccountJson,
    this.oauthToken,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory ProviderKeyCreate.fromJson(Map<String, Object?> json) =>
      ProviderKeyCreate(
        provider: read(json, 'provider', asString),
        credentialType: read(json, 'credential_type', CredentialType.fromJson),
        apiKey: maybe(json, 'api_key', asString),
        endpoint: maybe(json, 'endpoint', asString),
        serviceAccountJson: maybe(json, 'service_account_json', asAnything),
        oauthToken: maybe(json, 'oauth_token', asString),
      );

  final String provider;

  final CredentialType credentialType;

  /// With `api_key` and `endpoint_key`.
  final String? apiKey;

  /// The base URL that the key is for, with `endpoint_key`.
  final String? endpoint;

  /// A service account's JSON key, as JSON or as its text.
  final Object? serviceAccountJson;

  /// An access token that was got elsewhere.
  final String? oauthToken;

  @override
  Map<String, Object?> toJson() => {
    'provider': provider,
    'credential_type': credentialType,
    if (apiKey case final value?) 'api_key': value,
    if (endpoint case final value?) 'endpoint': value,
    if (serviceAccountJson case final value?) 'service_account_json':
        toWire(value),
    if (oauthToken case final value?) 'oauth_token': value,
  };

  /// A copy in which what is given replaces what is here.
  ProviderKeyCreate copyWith({
    String? provider,
    CredentialType? credentialType,
    String? apiKey,
    String? endpoint,
    Object? serviceAccountJson,
    String? oauthToken,
  }) => ProviderKeyCreate(
    provider: provider ?? this.provider,
    credentialType: credentialType ?? this.credentialType,
    apiKey: apiKey ?? this.apiKey,
    endpoint: endpoint ?? this.endpoint,
    serviceAccountJson: serviceAccountJson ?? this.serviceAccountJson,
    oauthToken: oauthToken ?? this.oauthToken,
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

/// What an artifact was made with: enough to ask for it again.
final class Recipe extends Model {
  const Recipe({
    required this.model,
    required this.prompt,
    required this.parameters,
    required this.images,
    this.seed,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Recipe.fromJson(Map<String, Object?> json) => Recipe(
    model: read(json, 'model', asString),
    prompt: read(json, 'prompt', asString),
    parameters: read(json, 'parameters', asMap),
    images: read(json, 'images', asList(asString)),
    seed: maybe(json, 'seed', asInt),
  );

  final String model;

  final String prompt;

  /// Those that the request set.
  final Map<String, Object?> parameters;

  /// Addresses, and `artifact:ID`, of what it was made from; what came as data
  /// is not kept.
  final List<String> images;

  /// Makes the same again; null where the model tells none.
  final int? seed;

  @override
  Map<String, Object?> toJson() => {
    'model': model,
    'prompt': prompt,
    'parameters': parameters,
    'images': images,
    if (seed case final value?) 'seed': value,
  };

  /// A copy in which what is given replaces what is here.
  Recipe copyWith({
    String? model,
    String? prompt,
    Map<String, Object?>? parameters,
    List<String>? images,
    int? seed,
  }) => Recipe(
    model: model ?? this.model,
    prompt: prompt ?? this.prompt,
    parameters: parameters ?? this.parameters,
    images: images ?? this.images,
    seed: seed ?? this.seed,
  );
}

/// Another answer.
final class RegenerateRequest extends Model {
  const RegenerateRequest({
    this.model,
    this.parameters,
    this.stream,
    this.background,
    this.messageId,
    this.prompt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RegenerateRequest.fromJson(Map<String, Object?> json) =>
      RegenerateRequest(
        model: maybe(json, 'model', asString),
        parameters: maybe(json, 'parameters', asMap),
        stream: maybe(json, 'stream', asBool),
        background: maybe(json, 'background', asBool),
        messageId: maybe(json, 'message_id', asString),
        prompt: maybe(json, 'prompt', asString),
      );

  /// Who answers this time; none: the model that answered before.
  final String? model;

  /// Instead of those of the earlier answer, which are taken where the model
  /// stays the same.
  final Map<String, Object?>? parameters;

  /// Answer with server-sent events.
  final bool? stream;

  /// Answer 202 at once; the result is kept for later.
  final bool? background;

  /// The answer, or the prompt before it; none: the last answer.
  final String? messageId;

  /// The prompt in other words: edit and resend.
  final String? prompt;

  @override
  Map<String, Object?> toJson() => {
    if (model case final value?) 'model': value,
    if (parameters case final value?) 'parameters': value,
    if (stream case final value?) 'stream': value,
    if (background case final value?) 'background': value,
    if (messageId case final value?) 'message_id': value,
    if (prompt case final value?) 'prompt': value,
  };

  /// A copy in which what is given replaces what is here.
  RegenerateRequest copyWith({
    String? model,
    Map<String, Object?>? parameters,
    bool? stream,
    bool? background,
    String? messageId,
    String? prompt,
  }) => RegenerateRequest(
    model: model ?? this.model,
    parameters: parameters ?? this.parameters,
    stream: stream ?? this.stream,
    background: background ?? this.background,
    messageId: messageId ?? this.messageId,
    prompt: prompt ?? this.prompt,
  );
}

/// A new account; it needs an address or a user name.
final class Registration extends Model {
  const Registration({
    required this.password,
    this.email,
    this.username,
    this.inviteToken,
    this.displayName,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Registration.fromJson(Map<String, Object?> json) => Registration(
    password: read(json, 'password', asString),
    email: maybe(json, 'email', asString),
    username: maybe(json, 'username', asString),
    inviteToken: maybe(json, 'invite_token', asString),
    displayName: maybe(json, 'display_name', asString),
  );

  /// 8 characters to 1024 bytes.
  final String password;

  final String? email;

  final String? username;

  final String? inviteToken;

  final String? displayName;

  @override
  Map<String, Object?> toJson() => {
    'password': password,
    if (email case final value?) 'email': value,
    if (username case final value?) 'username': value,
    if (inviteToken case final value?) 'invite_token': value,
    if (displayName case final value?) 'display_name': value,
  };

  /// A copy in which what is given replaces what is here.
  Registration copyWith({
    String? password,
    String? email,
    String? username,
    String? inviteToken,
    String? displayName,
  }) => Registration(
    password: password ?? this.password,
    email: email ?? this.email,
    username: username ?? this.username,
    inviteToken: inviteToken ?? this.inviteToken,
    displayName: displayName ?? this.displayName,
  );
}

/// What a cleanup removes.
final class Removal extends Model {
  const Removal({
    required this.kind,
    required this.name,
    required this.sizeBytes,
    required this.reason,
    required this.why,
    this.lastUsedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Removal.fromJson(Map<String, Object?> json) => Removal(
    kind: read(json, 'kind', asString),
    name: read(json, 'name', asString),
    sizeBytes: read(json, 'size_bytes', asInt),
    reason: read(json, 'reason', asString),
    why: read(json, 'why', asString),
    lastUsedAt: maybe(json, 'last_used_at', asTime),
  );

  /// One of `model`, `file`.
  final String kind;

  /// A model's id, or a file's path within its model folder.
  final String name;

  final int sizeBytes;

  /// One of `unused`, `over_limit`, `old_revision`, `unfinished`, `orphaned`.
  final String reason;

  final String why;

  final DateTime? lastUsedAt;

  @override
  Map<String, Object?> toJson() => {
    'kind': kind,
    'name': name,
    'size_bytes': sizeBytes,
    'reason': reason,
    'why': why,
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  Removal copyWith({
    String? kind,
    String? name,
    int? sizeBytes,
    String? reason,
    String? why,
    DateTime? lastUsedAt,
  }) => Removal(
    kind: kind ?? this.kind,
    name: name ?? this.name,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    reason: reason ?? this.reason,
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
    required this.requestId,
    required this.status,
    required this.createdAt,
    this.queuePosition,
    this.etaS,
    this.progressPct,
    this.model,
    this.modality,
    this.startedAt,
    this.finishedAt,
    this.error,
    this.result,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RequestResult.fromJson(Map<String, Object?> json) => RequestResult(
    requestId: read(json, 'request_id', asString),
    status: read(json, 'status', RequestState.fromJson),
    createdAt: read(json, 'created_at', asTime),
    queuePosition: maybe(json, 'queue_position', asInt),
    etaS: maybe(json, 'eta_s', asDouble),
    progressPct: maybe(json, 'progress_pct', asDouble),
    model: maybe(json, 'model', asString),
    modality: maybe(json, 'modality', asString),
    startedAt: maybe(json, 'started_at', asTime),
    finishedAt: maybe(json, 'finished_at', asTime),
    error: maybe(json, 'error', asMap),
    result: maybe(json, 'result', asModel(GenerateResponse.fromJson)),
  );

  final String requestId;

  final RequestState status;

  final DateTime createdAt;

  final int? queuePosition;

  final double? etaS;

  final double? progressPct;

  final String? model;

  final String? modality;

  final DateTime? startedAt;

  final DateTime? finishedAt;

  final Map<String, Object?>? error;

  final GenerateResponse? result;

  @override
  Map<String, Object?> toJson() => {
    'request_id': requestId,
    'status': status,
    'created_at': writeTime(createdAt),
    if (queuePosition case final value?) 'queue_position': value,
    if (etaS case final value?) 'eta_s': value,
    if (progressPct case final value?) 'progress_pct': value,
    if (model case final value?) 'model': value,
    if (modality case final value?) 'modality': value,
    if (startedAt case final value?) 'started_at': writeTime(value),
    if (finishedAt case final value?) 'finished_at': writeTime(value),
    if (error case final value?) 'error': value,
    if (result case final value?) 'result': value.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  RequestResult copyWith({
    String? requestId,
    RequestState? status,
    DateTime? createdAt,
    int? queuePosition,
    double? etaS,
    double? progressPct,
    String? model,
    String? modality,
    DateTime? startedAt,
    DateTime? finishedAt,
    Map<String, Object?>? error,
    GenerateResponse? result,
  }) => RequestResult(
    requestId: requestId ?? this.requestId,
    status: status ?? this.status,
    createdAt: createdAt ?? this.createdAt,
    queuePosition: queuePosition ?? this.queuePosition,
    etaS: etaS ?? this.etaS,
    progressPct: progressPct ?? this.progressPct,
    model: model ?? this.model,
    modality: modality ?? this.modality,
    startedAt: startedAt ?? this.startedAt,
    finishedAt: finishedAt ?? this.finishedAt,
    error: error ?? this.error,
    result: result ?? this.result,
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
    required this.requestId,
    required this.status,
    required this.createdAt,
    this.queuePosition,
    this.etaS,
    this.progressPct,
    this.model,
    this.modality,
    this.startedAt,
    this.finishedAt,
    this.error,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RequestStatus.fromJson(Map<String, Object?> json) => RequestStatus(
    requestId: read(json, 'request_id', asString),
    status: read(json, 'status', RequestState.fromJson),
    createdAt: read(json, 'created_at', asTime),
    queuePosition: maybe(json, 'queue_position', asInt),
    etaS: maybe(json, 'eta_s', asDouble),
    progressPct: maybe(json, 'progress_pct', asDouble),
    model: maybe(json, 'model', asString),
    modality: maybe(json, 'modality', asString),
    startedAt: maybe(json, 'started_at', asTime),
    finishedAt: maybe(json, 'finished_at', asTime),
    error: maybe(json, 'error', asMap),
  );

  final String requestId;

  final RequestState status;

  final DateTime createdAt;

  final int? queuePosition;

  final double? etaS;

  final double? progressPct;

  final String? model;

  final String? modality;

  final DateTime? startedAt;

  final DateTime? finishedAt;

  final Map<String, Object?>? error;

  @override
  Map<String, Object?> toJson() => {
    'request_id': requestId,
    'status': status,
    'created_at': writeTime(createdAt),
    if (queuePosition case final value?) 'queue_position': value,
    if (etaS case final value?) 'eta_s': value,
    if (progressPct case final value?) 'progress_pct': value,
    if (model case final value?) 'model': value,
    if (modality case final value?) 'modality': value,
    if (startedAt case final value?) 'started_at': writeTime(value),
    if (finishedAt case final value?) 'finished_at': writeTime(value),
    if (error case final value?) 'error': value,
  };

  /// A copy in which what is given replaces what is here.
  RequestStatus copyWith({
    String? requestId,
    RequestState? status,
    DateTime? createdAt,
    int? queuePosition,
    double? etaS,
    double? progressPct,
    String? model,
    String? modality,
    DateTime? startedAt,
    DateTime? finishedAt,
    Map<String, Object?>? error,
  }) => RequestStatus(
    requestId: requestId ?? this.requestId,
    status: status ?? this.status,
    createdAt: createdAt ?? this.createdAt,
    queuePosition: queuePosition ?? this.queuePosition,
    etaS: etaS ?? this.etaS,
    progressPct: progressPct ?? this.progressPct,
    model: model ?? this.model,
    modality: modality ?? this.modality,
    startedAt: startedAt ?? this.startedAt,
    finishedAt: finishedAt ?? this.finishedAt,
    error: error ?? this.error,
  );
}

/// What became of a wish to load or unload.
final class RuntimeChange extends Model {
  const RuntimeChange({
    required this.modelId,
    required this.status,
    required this.message,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RuntimeChange.fromJson(Map<String, Object?> json) => RuntimeChange(
    modelId: read(json, 'model_id', asString),
    status: read(json, 'status', RuntimeState.fromJson),
    message: read(json, 'message', asString),
  );

  final String modelId;

  final RuntimeState status;

  final String message;

  @override
  Map<String, Object?> toJson() => {
    'model_id': modelId,
    'status': status,
    'message': message,
  };

  /// A copy in which what is given replaces what is here.
  RuntimeChange copyWith({
    String? modelId,
    RuntimeState? status,
    String? message,
  }) => RuntimeChange(
    modelId: modelId ?? this.modelId,
    status: status ?? this.status,
    message: message ?? this.message,
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
    required this.runtimeStatus,
    required this.queueDepth,
    required this.pinned,
    this.memoryBytes,
    this.loadedAt,
    this.lastUsedAt,
    this.lastError,
    this.device,
    this.until,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory RuntimeStatusInfo.fromJson(Map<String, Object?> json) =>
      RuntimeStatusInfo(
        modelId: read(json, 'model_id', asString),
        runtimeStatus: read(json, 'runtime_status', RuntimeState.fromJson),
        queueDepth: read(json, 'queue_depth', asInt),
        pinned: read(json, 'pinned', asBool),
        memoryBytes: maybe(json, 'memory_bytes', asInt),
        loadedAt: maybe(json, 'loaded_at', asTime),
        lastUsedAt: maybe(json, 'last_used_at', asTime),
        lastError: maybe(json, 'last_error', asString),
        device: maybe(json, 'device', asString),
        until: maybe(json, 'until', asTime),
      );

  final String modelId;

  final RuntimeState runtimeStatus;

  final int queueDepth;

  final bool pinned;

  final int? memoryBytes;

  final DateTime? loadedAt;

  final DateTime? lastUsedAt;

  final String? lastError;

  /// Where it computes: `cpu`, `cuda`, `mps`, …
  final String? device;

  /// When it is unloaded if nobody asks; null while pinned or in use.
  final DateTime? until;

  @override
  Map<String, Object?> toJson() => {
    'model_id': modelId,
    'runtime_status': runtimeStatus,
    'queue_depth': queueDepth,
    'pinned': pinned,
    if (memoryBytes case final value?) 'memory_bytes': value,
    if (loadedAt case final value?) 'loaded_at': writeTime(value),
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
    if (lastError case final value?) 'last_error': value,
    if (device case final value?) 'device': value,
    if (until case final value?) 'until': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  RuntimeStatusInfo copyWith({
    String? modelId,
    RuntimeState? runtimeStatus,
    int? queueDepth,
    bool? pinned,
    int? memoryBytes,
    DateTime? loadedAt,
    DateTime? lastUsedAt,
    String? lastError,
    String? device,
    DateTime? until,
  }) => RuntimeStatusInfo(
    modelId: modelId ?? this.modelId,
    runtimeStatus: runtimeStatus ?? this.runtimeStatus,
    queueDepth: queueDepth ?? this.queueDepth,
    pinned: pinned ?? this.pinned,
    memoryBytes: memoryBytes ?? this.memoryBytes,
    loadedAt: loadedAt ?? this.loadedAt,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    lastError: lastError ?? this.lastError,
    device: device ?? this.device,
    until: until ?? this.until,
  );
}

/// Every parameter that some model takes, and how to ask.
final class SchemaInfo extends Model {
  const SchemaInfo({
    required this.version,
    required this.parameters,
    required this.generate,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SchemaInfo.fromJson(Map<String, Object?> json) => SchemaInfo(
    version: read(json, 'version', asString),
    parameters: read(json, 'parameters', asMap),
    generate: read(json, 'generate', asModel(GenerateGuide.fromJson)),
  );

  final String version;

  /// JSON Schema by name of parameter.
  final Map<String, Object?> parameters;

  final GenerateGuide generate;

  @override
  Map<String, Object?> toJson() => {
    'version': version,
    'parameters': parameters,
    'generate': generate.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  SchemaInfo copyWith({
    String? version,
    Map<String, Object?>? parameters,
    GenerateGuide? generate,
  }) => SchemaInfo(
    version: version ?? this.version,
    parameters: parameters ?? this.parameters,
    generate: generate ?? this.generate,
  );
}

/// Who answered, and why.
final class Selection extends Model {
  const Selection({
    required this.selectedModel,
    required this.selectedProvider,
    required this.requested,
    required this.reason,
    required this.fallbackUsed,
    required this.attempts,
    this.fallbackReason,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Selection.fromJson(Map<String, Object?> json) => Selection(
    selectedModel: read(json, 'selected_model', asString),
    selectedProvider: read(json, 'selected_provider', asString),
    requested: read(json, 'requested', asString),
    reason: read(json, 'reason', asString),
    fallbackUsed: read(json, 'fallback_used', asBool),
    attempts: read(json, 'attempts', asList(asModel(Attempt.fromJson))),
    fallbackReason: maybe(json, 'fallback_reason', FallbackReason.fromJson),
  );

  final String selectedModel;

  final String selectedProvider;

  final String requested;

  final String reason;

  /// Whether another model answered than the one that was chosen first.
  final bool fallbackUsed;

  final List<Attempt> attempts;

  /// Why the first one did not.
  final FallbackReason? fallbackReason;

  @override
  Map<String, Object?> toJson() => {
    'selected_model': selectedModel,
    'selected_provider': selectedProvider,
    'requested': requested,
    'reason': reason,
    'fallback_used': fallbackUsed,
    'attempts': writeList(attempts, (item) => item.toJson()),
    if (fallbackReason case final value?) 'fallback_reason': value,
  };

  /// A copy in which what is given replaces what is here.
  Selection copyWith({
    String? selectedModel,
    String? selectedProvider,
    String? requested,
    String? reason,
    bool? fallbackUsed,
    List<Attempt>? attempts,
    FallbackReason? fallbackReason,
  }) => Selection(
    selectedModel: selectedModel ?? this.selectedModel,
    selectedProvider: selectedProvider ?? this.selectedProvider,
    requested: requested ?? this.requested,
    reason: reason ?? this.reason,
    fallbackUsed: fallbackUsed ?? this.fallbackUsed,
    attempts: attempts ?? this.attempts,
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
    required this.id,
    required this.status,
    required this.createdAt,
    required this.lastUsedAt,
    required this.messageCount,
    this.title,
    this.systemPrompt,
    this.closedAt,
    this.stateTokens,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Session.fromJson(Map<String, Object?> json) => Session(
    id: read(json, 'id', asString),
    status: read(json, 'status', SessionStatus.fromJson),
    createdAt: read(json, 'created_at', asTime),
    lastUsedAt: read(json, 'last_used_at', asTime),
    messageCount: read(json, 'message_count', asInt),
    title: maybe(json, 'title', asString),
    systemPrompt: maybe(json, 'system_prompt', asString),
    closedAt: maybe(json, 'closed_at', asTime),
    stateTokens: maybe(json, 'state_tokens', asMap),
  );

  final String id;

  final SessionStatus status;

  final DateTime createdAt;

  final DateTime lastUsedAt;

  /// Prompts and answers; earlier answers are not counted.
  final int messageCount;

  final String? title;

  final String? systemPrompt;

  final DateTime? closedAt;

  final Map<String, Object?>? stateTokens;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'status': status,
    'created_at': writeTime(createdAt),
    'last_used_at': writeTime(lastUsedAt),
    'message_count': messageCount,
    if (title case final value?) 'title': value,
    if (systemPrompt case final value?) 'system_prompt': value,
    if (closedAt case final value?) 'closed_at': writeTime(value),
    if (stateTokens case final value?) 'state_tokens': value,
  };

  /// A copy in which what is given replaces what is here.
  Session copyWith({
    String? id,
    SessionStatus? status,
    DateTime? createdAt,
    DateTime? lastUsedAt,
    int? messageCount,
    String? title,
    String? systemPrompt,
    DateTime? closedAt,
    Map<String, Object?>? stateTokens,
  }) => Session(
    id: id ?? this.id,
    status: status ?? this.status,
    createdAt: createdAt ?? this.createdAt,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    messageCount: messageCount ?? this.messageCount,
    title: title ?? this.title,
    systemPrompt: systemPrompt ?? this.systemPrompt,
    closedAt: closedAt ?? this.closedAt,
    stateTokens: stateTokens ?? this.stateTokens,
  );
}

/// A session as somebody begins or changes it: what is absent stays as it is,
/// an empty text is none.
final class SessionBody extends Model {
  const SessionBody({
    this.title,
    this.systemPrompt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SessionBody.fromJson(Map<String, Object?> json) => SessionBody(
    title: maybe(json, 'title', asString),
    systemPrompt: maybe(json, 'system_prompt', asString),
  );

  /// Without one, the first prompt makes one.
  final String? title;

  /// Goes before the messages of every text turn.
  final String? systemPrompt;

  @override
  Map<String, Object?> toJson() => {
    if (title case final value?) 'title': value,
    if (systemPrompt case final value?) 'system_prompt': value,
  };

  /// A copy in which what is given replaces what is here.
  SessionBody copyWith({
    String? title,
    String? systemPrompt,
  }) => SessionBody(
    title: title ?? this.title,
    systemPrompt: systemPrompt ?? this.systemPrompt,
  );
}

/// A session with a page of its messages: the newest first, each page in order.
final class SessionDetail extends Model {
  const SessionDetail({
    required this.id,
    required this.status,
    required this.createdAt,
    required this.lastUsedAt,
    required this.messageCount,
    required this.messages,
    this.title,
    this.systemPrompt,
    this.closedAt,
    this.stateTokens,
    this.nextCursor,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SessionDetail.fromJson(Map<String, Object?> json) => SessionDetail(
    id: read(json, 'id', asString),
    status: read(json, 'status', SessionStatus.fromJson),
    createdAt: read(json, 'created_at', asTime),
    lastUsedAt: read(json, 'last_used_at', asTime),
    messageCount: read(json, 'message_count', asInt),
    messages: read(json, 'messages', asList(asModel(SessionMessage.fromJson))),
    title: maybe(json, 'title', asString),
    systemPrompt: maybe(json, 'system_prompt', asString),
    closedAt: maybe(json, 'closed_at', asTime),
    stateTokens: maybe(json, 'state_tokens', asMap),
    nextCursor: maybe(json, 'next_cursor', asString),
  );

  final String id;

  final SessionStatus status;

  final DateTime createdAt;

  final DateTime lastUsedAt;

  /// Prompts and answers; earlier answers are not counted.
  final int messageCount;

  final List<SessionMessage> messages;

  final String? title;

  final String? systemPrompt;

  final DateTime? closedAt;

  final Map<String, Object?>? stateTokens;

  /// Leads to older messages.
  final String? nextCursor;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'status': status,
    'created_at': writeTime(createdAt),
    'last_used_at': writeTime(lastUsedAt),
    'message_count': messageCount,
    'messages': writeList(messages, (item) => item.toJson()),
    if (title case final value?) 'title': value,
    if (systemPrompt case final value?) 'system_prompt': value,
    if (closedAt case final value?) 'closed_at': writeTime(value),
    if (stateTokens case final value?) 'state_tokens': value,
    if (nextCursor case final value?) 'next_cursor': value,
  };

  /// A copy in which what is given replaces what is here.
  SessionDetail copyWith({
    String? id,
    SessionStatus? status,
    DateTime? createdAt,
    DateTime? lastUsedAt,
    int? messageCount,
    List<SessionMessage>? messages,
    String? title,
    String? systemPrompt,
    DateTime? closedAt,
    Map<String, Object?>? stateTokens,
    String? nextCursor,
  }) => SessionDetail(
    id: id ?? this.id,
    status: status ?? this.status,
    createdAt: createdAt ?? this.createdAt,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    messageCount: messageCount ?? this.messageCount,
    messages: messages ?? this.messages,
    title: title ?? this.title,
    systemPrompt: systemPrompt ?? this.systemPrompt,
    closedAt: closedAt ?? this.closedAt,
    stateTokens: stateTokens ?? this.stateTokens,
    nextCursor: nextCursor ?? this.nextCursor,
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
    required this.id,
    required this.role,
    required this.modality,
    required this.requestId,
    required this.createdAt,
    this.content,
    this.images,
    this.artifacts,
    this.model,
    this.provider,
    this.parameters,
    this.usage,
    this.finishReason,
    this.name,
    this.reasoning,
    this.toolCalls,
    this.toolCallId,
    this.alternatives = const [],
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SessionMessage.fromJson(Map<String, Object?> json) => SessionMessage(
    id: read(json, 'id', asString),
    role: read(json, 'role', MessageRole.fromJson),
    modality: read(json, 'modality', Modality.fromJson),
    requestId: read(json, 'request_id', asString),
    createdAt: read(json, 'created_at', asTime),
    content: maybe(json, 'content', asStringOr(asList(asMap))),
    images: maybe(json, 'images', asList(asString)),
    artifacts: maybe(json, 'artifacts', asList(asModel(Artifact.fromJson))),
    model: maybe(json, 'model', asString),
    provider: maybe(json, 'provider', asString),
    parameters: maybe(json, 'parameters', asMap),
    usage: maybe(json, 'usage', asMap),
    finishReason: maybe(json, 'finish_reason', asString),
    name: maybe(json, 'name', asString),
    reasoning: maybe(json, 'reasoning', asString),
    toolCalls: maybe(json, 'tool_calls', asList(asMap)),
    toolCallId: maybe(json, 'tool_call_id', asString),
    alternatives: readOr(
      json,
      'alternatives',
      asList(asModel(SessionMessage.fromJson)),
      const [],
    ),
  );

  final String id;

  final MessageRole role;

  /// Of the answer that the message is, or led to.
  final Modality modality;

  final String requestId;

  final DateTime createdAt;

  /// Text or content parts, whose images are `artifact:ID`; null for images and
  /// meshes that were made A `String` or a `List<Map<String, Object?>>`.
  final Object? content;

  /// Addresses that show the message's images.
  final List<String>? images;

  /// What was made, and the images that a prompt brought; addresses are new at
  /// every read.
  final List<Artifact>? artifacts;

  final String? model;

  final String? provider;

  final Map<String, Object?>? parameters;

  final Map<String, Object?>? usage;

  /// Of an answer; `cancelled` or `error` where it was cut off.
  final String? finishReason;

  final String? name;

  final String? reasoning;

  final List<Map<String, Object?>>? toolCalls;

  final String? toolCallId;

  /// Earlier answers, and what followed them, in the place of which this
  /// message is; in order.
  final List<SessionMessage> alternatives;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'role': role,
    'modality': modality,
    'request_id': requestId,
    'created_at': writeTime(createdAt),
    if (content case final value?) 'content': toWire(value),
    if (images case final value?) 'images': value,
    if (artifacts case final value?) 'artifacts':
        writeList(value, (item) => item.toJson()),
    if (model case final value?) 'model': value,
    if (provider case final value?) 'provider': value,
    if (parameters case final value?) 'parameters': value,
    if (usage case final value?) 'usage': value,
    if (finishReason case final value?) 'finish_reason': value,
    if (name case final value?) 'name': value,
    if (reasoning case final value?) 'reasoning': value,
    if (toolCalls case final value?) 'tool_calls': value,
    if (toolCallId case final value?) 'tool_call_id': value,
    'alternatives': writeList(alternatives, (item) => item.toJson()),
  };

  /// A copy in which what is given replaces what is here.
  SessionMessage copyWith({
    String? id,
    MessageRole? role,
    Modality? modality,
    String? requestId,
    DateTime? createdAt,
    Object? content,
    List<String>? images,
    List<Artifact>? artifacts,
    String? model,
    String? provider,
    Map<String, Object?>? parameters,
    Map<String, Object?>? usage,
    String? finishReason,
    String? name,
    String? reasoning,
    List<Map<String, Object?>>? toolCalls,
    String? toolCallId,
    List<SessionMessage>? alternatives,
  }) => SessionMessage(
    id: id ?? this.id,
    role: role ?? this.role,
    modality: modality ?? this.modality,
    requestId: requestId ?? this.requestId,
    createdAt: createdAt ?? this.createdAt,
    content: content ?? this.content,
    images: images ?? this.images,
    artifacts: artifacts ?? this.artifacts,
    model: model ?? this.model,
    provider: provider ?? this.provider,
    parameters: parameters ?? this.parameters,
    usage: usage ?? this.usage,
    finishReason: finishReason ?? this.finishReason,
    name: name ?? this.name,
    reasoning: reasoning ?? this.reasoning,
    toolCalls: toolCalls ?? this.toolCalls,
    toolCallId: toolCallId ?? this.toolCallId,
    alternatives: alternatives ?? this.alternatives,
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
    this.type,
    this.uri,
    this.revision,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Source.fromJson(Map<String, Object?> json) => Source(
    type: maybe(json, 'type', asString),
    uri: maybe(json, 'uri', asString),
    revision: maybe(json, 'revision', asString),
  );

  final String? type;

  final String? uri;

  final String? revision;

  @override
  Map<String, Object?> toJson() => {
    if (type case final value?) 'type': value,
    if (uri case final value?) 'uri': value,
    if (revision case final value?) 'revision': value,
  };

  /// A copy in which what is given replaces what is here.
  Source copyWith({
    String? type,
    String? uri,
    String? revision,
  }) => Source(
    type: type ?? this.type,
    uri: uri ?? this.uri,
    revision: revision ?? this.revision,
  );
}

/// Where a model comes from.
final class SourceInfo extends Model {
  const SourceInfo({
    this.type,
    this.uri,
    this.revision,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory SourceInfo.fromJson(Map<String, Object?> json) => SourceInfo(
    type: maybe(json, 'type', asString),
    uri: maybe(json, 'uri', asString),
    revision: maybe(json, 'revision', asString),
  );

  final String? type;

  final String? uri;

  final String? revision;

  @override
  Map<String, Object?> toJson() => {
    if (type case final value?) 'type': value,
    if (uri case final value?) 'uri': value,
    if (revision case final value?) 'revision': value,
  };

  /// A copy in which what is given replaces what is here.
  SourceInfo copyWith({
    String? type,
    String? uri,
    String? revision,
  }) => SourceInfo(
    type: type ?? this.type,
    uri: uri ?? this.uri,
    revision: revision ?? this.revision,
  );
}

/// What model files take on disk, and what there is room for.
final class Storage extends Model {
  const Storage({
    required this.usedBytes,
    required this.freeBytes,
    required this.promisedBytes,
    required this.models,
    this.limitBytes,
    this.roomBytes,
    this.memoryLimitBytes,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Storage.fromJson(Map<String, Object?> json) => Storage(
    usedBytes: read(json, 'used_bytes', asInt),
    freeBytes: read(json, 'free_bytes', asInt),
    promisedBytes: read(json, 'promised_bytes', asInt),
    models: read(json, 'models', asList(asModel(StoredModel.fromJson))),
    limitBytes: maybe(json, 'limit_bytes', asInt),
    roomBytes: maybe(json, 'room_bytes', asInt),
    memoryLimitBytes: maybe(json, 'memory_limit_bytes', asInt),
  );

  /// All files in the model folders, each once, unfinished downloads too.
  final int usedBytes;

  /// Left on the disk of the folder that takes downloads.
  final int freeBytes;

  /// What running downloads will still take.
  final int promisedBytes;

  /// Largest first.
  final List<StoredModel> models;

  /// What they may take (`PLUGGABLY_STORAGE__MAX_MODEL_GB`); null: no limit.
  final int? limitBytes;

  /// What a new download may take without anything making room.
  final int? roomBytes;

  /// What models in memory may take together
  /// (`PLUGGABLY_RUNTIME__MAX_MEMORY_MB`)
  final int? memoryLimitBytes;

  @override
  Map<String, Object?> toJson() => {
    'used_bytes': usedBytes,
    'free_bytes': freeBytes,
    'promised_bytes': promisedBytes,
    'models': writeList(models, (item) => item.toJson()),
    if (limitBytes case final value?) 'limit_bytes': value,
    if (roomBytes case final value?) 'room_bytes': value,
    if (memoryLimitBytes case final value?) 'memory_limit_bytes': value,
  };

  /// A copy in which what is given replaces what is here.
  Storage copyWith({
    int? usedBytes,
    int? freeBytes,
    int? promisedBytes,
    List<StoredModel>? models,
    int? limitBytes,
    int? roomBytes,
    int? memoryLimitBytes,
  }) => Storage(
    usedBytes: usedBytes ?? this.usedBytes,
    freeBytes: freeBytes ?? this.freeBytes,
    promisedBytes: promisedBytes ?? this.promisedBytes,
    models: models ?? this.models,
    limitBytes: limitBytes ?? this.limitBytes,
    roomBytes: roomBytes ?? this.roomBytes,
    memoryLimitBytes: memoryLimitBytes ?? this.memoryLimitBytes,
  );
}

/// A model with files on this machine.
final class StoredModel extends Model {
  const StoredModel({
    required this.id,
    required this.status,
    required this.isDefault,
    required this.pinned,
    this.sizeBytes,
    this.localPath,
    this.lastUsedAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory StoredModel.fromJson(Map<String, Object?> json) => StoredModel(
    id: read(json, 'id', asString),
    status: read(json, 'status', asString),
    isDefault: read(json, 'is_default', asBool),
    pinned: read(json, 'pinned', asBool),
    sizeBytes: maybe(json, 'size_bytes', asInt),
    localPath: maybe(json, 'local_path', asString),
    lastUsedAt: maybe(json, 'last_used_at', asTime),
  );

  final String id;

  final String status;

  final bool isDefault;

  final bool pinned;

  /// Of its files; null where they are gone.
  final int? sizeBytes;

  /// Shown to admins alone.
  final String? localPath;

  final DateTime? lastUsedAt;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'status': status,
    'is_default': isDefault,
    'pinned': pinned,
    if (sizeBytes case final value?) 'size_bytes': value,
    if (localPath case final value?) 'local_path': value,
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  StoredModel copyWith({
    String? id,
    String? status,
    bool? isDefault,
    bool? pinned,
    int? sizeBytes,
    String? localPath,
    DateTime? lastUsedAt,
  }) => StoredModel(
    id: id ?? this.id,
    status: status ?? this.status,
    isDefault: isDefault ?? this.isDefault,
    pinned: pinned ?? this.pinned,
    sizeBytes: sizeBytes ?? this.sizeBytes,
    localPath: localPath ?? this.localPath,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
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
    required this.queueMs,
    required this.loadMs,
    required this.totalMs,
    this.firstOutputMs,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Timing.fromJson(Map<String, Object?> json) => Timing(
    queueMs: read(json, 'queue_ms', asInt),
    loadMs: read(json, 'load_ms', asInt),
    totalMs: read(json, 'total_ms', asInt),
    firstOutputMs: maybe(json, 'first_output_ms', asInt),
  );

  final int queueMs;

  final int loadMs;

  final int totalMs;

  final int? firstOutputMs;

  @override
  Map<String, Object?> toJson() => {
    'queue_ms': queueMs,
    'load_ms': loadMs,
    'total_ms': totalMs,
    if (firstOutputMs case final value?) 'first_output_ms': value,
  };

  /// A copy in which what is given replaces what is here.
  Timing copyWith({
    int? queueMs,
    int? loadMs,
    int? totalMs,
    int? firstOutputMs,
  }) => Timing(
    queueMs: queueMs ?? this.queueMs,
    loadMs: loadMs ?? this.loadMs,
    totalMs: totalMs ?? this.totalMs,
    firstOutputMs: firstOutputMs ?? this.firstOutputMs,
  );
}

/// A new token.
final class TokenCreate extends Model {
  const TokenCreate({
    required this.name,
    this.scopes,
    this.expiresDays,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory TokenCreate.fromJson(Map<String, Object?> json) => TokenCreate(
    name: read(json, 'name', asString),
    scopes: maybe(json, 'scopes', asList(TokenScope.fromJson)),
    expiresDays: maybe(json, 'expires_days', asInt),
  );

  final String name;

  /// None: those of the credential that makes it. More than these: 403.
  final List<TokenScope>? scopes;

  /// None: it lasts as long as what makes it.
  final int? expiresDays;

  @override
  Map<String, Object?> toJson() => {
    'name': name,
    if (scopes case final value?) 'scopes': value,
    if (expiresDays case final value?) 'expires_days': value,
  };

  /// A copy in which what is given replaces what is here.
  TokenCreate copyWith({
    String? name,
    List<TokenScope>? scopes,
    int? expiresDays,
  }) => TokenCreate(
    name: name ?? this.name,
    scopes: scopes ?? this.scopes,
    expiresDays: expiresDays ?? this.expiresDays,
  );
}

/// The one time that a token is shown.
final class TokenCreated extends Model {
  const TokenCreated({
    required this.token,
    required this.info,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory TokenCreated.fromJson(Map<String, Object?> json) => TokenCreated(
    token: read(json, 'token', asString),
    info: read(json, 'info', asModel(UserToken.fromJson)),
  );

  final String token;

  final UserToken info;

  @override
  Map<String, Object?> toJson() => {
    'token': token,
    'info': info.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  TokenCreated copyWith({
    String? token,
    UserToken? info,
  }) => TokenCreated(
    token: token ?? this.token,
    info: info ?? this.info,
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
    required this.requests,
    required this.errors,
    required this.refused,
    required this.cancelled,
    required this.promptTokens,
    required this.completionTokens,
    required this.totalTokens,
    required this.cachedPromptTokens,
    required this.reasoningTokens,
    this.costUsd,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Totals.fromJson(Map<String, Object?> json) => Totals(
    requests: read(json, 'requests', asInt),
    errors: read(json, 'errors', asInt),
    refused: read(json, 'refused', asInt),
    cancelled: read(json, 'cancelled', asInt),
    promptTokens: read(json, 'prompt_tokens', asInt),
    completionTokens: read(json, 'completion_tokens', asInt),
    totalTokens: read(json, 'total_tokens', asInt),
    cachedPromptTokens: read(json, 'cached_prompt_tokens', asInt),
    reasoningTokens: read(json, 'reasoning_tokens', asInt),
    costUsd: maybe(json, 'cost_usd', asDouble),
  );

  /// All of them, also those that failed, were refused or cancelled.
  final int requests;

  /// Those that failed.
  final int errors;

  /// Those that were turned away before their model was asked, by a limit say.
  final int refused;

  /// Those that were cancelled, or whose client went away.
  final int cancelled;

  final int promptTokens;

  final int completionTokens;

  final int totalTokens;

  /// Those of `prompt_tokens` that providers read from their caches.
  final int cachedPromptTokens;

  /// Those of `completion_tokens` that models thought with.
  final int reasoningTokens;

  /// Null where no request has a known price.
  final double? costUsd;

  @override
  Map<String, Object?> toJson() => {
    'requests': requests,
    'errors': errors,
    'refused': refused,
    'cancelled': cancelled,
    'prompt_tokens': promptTokens,
    'completion_tokens': completionTokens,
    'total_tokens': totalTokens,
    'cached_prompt_tokens': cachedPromptTokens,
    'reasoning_tokens': reasoningTokens,
    if (costUsd case final value?) 'cost_usd': value,
  };

  /// A copy in which what is given replaces what is here.
  Totals copyWith({
    int? requests,
    int? errors,
    int? refused,
    int? cancelled,
    int? promptTokens,
    int? completionTokens,
    int? totalTokens,
    int? cachedPromptTokens,
    int? reasoningTokens,
    double? costUsd,
  }) => Totals(
    requests: requests ?? this.requests,
    errors: errors ?? this.errors,
    refused: refused ?? this.refused,
    cancelled: cancelled ?? this.cancelled,
    promptTokens: promptTokens ?? this.promptTokens,
    completionTokens: completionTokens ?? this.completionTokens,
    totalTokens: totalTokens ?? this.totalTokens,
    cachedPromptTokens: cachedPromptTokens ?? this.cachedPromptTokens,
    reasoningTokens: reasoningTokens ?? this.reasoningTokens,
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
    this.promptTokens,
    this.completionTokens,
    this.totalTokens,
    this.cachedPromptTokens,
    this.reasoningTokens,
    this.costUsd,
    this.providerCredits,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Usage.fromJson(Map<String, Object?> json) => Usage(
    promptTokens: maybe(json, 'prompt_tokens', asInt),
    completionTokens: maybe(json, 'completion_tokens', asInt),
    totalTokens: maybe(json, 'total_tokens', asInt),
    cachedPromptTokens: maybe(json, 'cached_prompt_tokens', asInt),
    reasoningTokens: maybe(json, 'reasoning_tokens', asInt),
    costUsd: maybe(json, 'cost_usd', asDouble),
    providerCredits: maybe(json, 'provider_credits', asDouble),
  );

  final int? promptTokens;

  final int? completionTokens;

  final int? totalTokens;

  /// Those of the prompt that the provider read from its own cache; null where
  /// it does not tell.
  final int? cachedPromptTokens;

  /// Those of the completion that the model thought with; null where its
  /// provider does not tell.
  final int? reasoningTokens;

  final double? costUsd;

  /// What the provider took, in credits of its own; null where it does not
  /// tell.
  final double? providerCredits;

  @override
  Map<String, Object?> toJson() => {
    if (promptTokens case final value?) 'prompt_tokens': value,
    if (completionTokens case final value?) 'completion_tokens': value,
    if (totalTokens case final value?) 'total_tokens': value,
    if (cachedPromptTokens case final value?) 'cached_prompt_tokens': value,
    if (reasoningTokens case final value?) 'reasoning_tokens': value,
    if (costUsd case final value?) 'cost_usd': value,
    if (providerCredits case final value?) 'provider_credits': value,
  };

  /// A copy in which what is given replaces what is here.
  Usage copyWith({
    int? promptTokens,
    int? completionTokens,
    int? totalTokens,
    int? cachedPromptTokens,
    int? reasoningTokens,
    double? costUsd,
    double? providerCredits,
  }) => Usage(
    promptTokens: promptTokens ?? this.promptTokens,
    completionTokens: completionTokens ?? this.completionTokens,
    totalTokens: totalTokens ?? this.totalTokens,
    cachedPromptTokens: cachedPromptTokens ?? this.cachedPromptTokens,
    reasoningTokens: reasoningTokens ?? this.reasoningTokens,
    costUsd: costUsd ?? this.costUsd,
    providerCredits: providerCredits ?? this.providerCredits,
  );
}

/// The sums of one model, user or day; the other two are null.
final class UsageGroup extends Model {
  const UsageGroup({
    required this.requests,
    required this.errors,
    required this.refused,
    required this.cancelled,
    required this.promptTokens,
    required this.completionTokens,
    required this.totalTokens,
    required this.cachedPromptTokens,
    required this.reasoningTokens,
    this.costUsd,
    this.model,
    this.user,
    this.day,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UsageGroup.fromJson(Map<String, Object?> json) => UsageGroup(
    requests: read(json, 'requests', asInt),
    errors: read(json, 'errors', asInt),
    refused: read(json, 'refused', asInt),
    cancelled: read(json, 'cancelled', asInt),
    promptTokens: read(json, 'prompt_tokens', asInt),
    completionTokens: read(json, 'completion_tokens', asInt),
    totalTokens: read(json, 'total_tokens', asInt),
    cachedPromptTokens: read(json, 'cached_prompt_tokens', asInt),
    reasoningTokens: read(json, 'reasoning_tokens', asInt),
    costUsd: maybe(json, 'cost_usd', asDouble),
    model: maybe(json, 'model', asString),
    user: maybe(json, 'user', asString),
    day: maybe(json, 'day', asString),
  );

  /// All of them, also those that failed, were refused or cancelled.
  final int requests;

  /// Those that failed.
  final int errors;

  /// Those that were turned away before their model was asked, by a limit say.
  final int refused;

  /// Those that were cancelled, or whose client went away.
  final int cancelled;

  final int promptTokens;

  final int completionTokens;

  final int totalTokens;

  /// Those of `prompt_tokens` that providers read from their caches.
  final int cachedPromptTokens;

  /// Those of `completion_tokens` that models thought with.
  final int reasoningTokens;

  /// Null where no request has a known price.
  final double? costUsd;

  /// Null too for requests that reached no model.
  final String? model;

  final String? user;

  /// Of UTC.
  final String? day;

  @override
  Map<String, Object?> toJson() => {
    'requests': requests,
    'errors': errors,
    'refused': refused,
    'cancelled': cancelled,
    'prompt_tokens': promptTokens,
    'completion_tokens': completionTokens,
    'total_tokens': totalTokens,
    'cached_prompt_tokens': cachedPromptTokens,
    'reasoning_tokens': reasoningTokens,
    if (costUsd case final value?) 'cost_usd': value,
    if (model case final value?) 'model': value,
    if (user case final value?) 'user': value,
    if (day case final value?) 'day': value,
  };

  /// A copy in which what is given replaces what is here.
  UsageGroup copyWith({
    int? requests,
    int? errors,
    int? refused,
    int? cancelled,
    int? promptTokens,
    int? completionTokens,
    int? totalTokens,
    int? cachedPromptTokens,
    int? reasoningTokens,
    double? costUsd,
    String? model,
    String? user,
    String? day,
  }) => UsageGroup(
    requests: requests ?? this.requests,
    errors: errors ?? this.errors,
    refused: refused ?? this.refused,
    cancelled: cancelled ?? this.cancelled,
    promptTokens: promptTokens ?? this.promptTokens,
    completionTokens: completionTokens ?? this.completionTokens,
    totalTokens: totalTokens ?? this.totalTokens,
    cachedPromptTokens: cachedPromptTokens ?? this.cachedPromptTokens,
    reasoningTokens: reasoningTokens ?? this.reasoningTokens,
    costUsd: costUsd ?? this.costUsd,
    model: model ?? this.model,
    user: user ?? this.user,
    day: day ?? this.day,
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
    required this.until,
    required this.usage,
    required this.total,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UsageReport.fromJson(Map<String, Object?> json) => UsageReport(
    groupBy: read(json, 'group_by', UsageGrouping.fromJson),
    since: read(json, 'since', asTime),
    until: read(json, 'until', asTime),
    usage: read(json, 'usage', asList(asModel(UsageGroup.fromJson))),
    total: read(json, 'total', asModel(Totals.fromJson)),
  );

  final UsageGrouping groupBy;

  final DateTime since;

  final DateTime until;

  /// Most requests first; days newest first; at most `limit`.
  final List<UsageGroup> usage;

  /// Of everything in the span, also beyond `limit`.
  final Totals total;

  @override
  Map<String, Object?> toJson() => {
    'group_by': groupBy,
    'since': writeTime(since),
    'until': writeTime(until),
    'usage': writeList(usage, (item) => item.toJson()),
    'total': total.toJson(),
  };

  /// A copy in which what is given replaces what is here.
  UsageReport copyWith({
    UsageGrouping? groupBy,
    DateTime? since,
    DateTime? until,
    List<UsageGroup>? usage,
    Totals? total,
  }) => UsageReport(
    groupBy: groupBy ?? this.groupBy,
    since: since ?? this.since,
    until: until ?? this.until,
    usage: usage ?? this.usage,
    total: total ?? this.total,
  );
}

/// A user, as admins see it: preferences are the user's own.
final class User extends Model {
  const User({
    required this.id,
    required this.role,
    required this.disabled,
    required this.createdAt,
    this.email,
    this.username,
    this.displayName,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory User.fromJson(Map<String, Object?> json) => User(
    id: read(json, 'id', asString),
    role: read(json, 'role', UserRole.fromJson),
    disabled: read(json, 'disabled', asBool),
    createdAt: read(json, 'created_at', asTime),
    email: maybe(json, 'email', asString),
    username: maybe(json, 'username', asString),
    displayName: maybe(json, 'display_name', asString),
  );

  final String id;

  final UserRole role;

  final bool disabled;

  final DateTime createdAt;

  final String? email;

  final String? username;

  final String? displayName;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'role': role,
    'disabled': disabled,
    'created_at': writeTime(createdAt),
    if (email case final value?) 'email': value,
    if (username case final value?) 'username': value,
    if (displayName case final value?) 'display_name': value,
  };

  /// A copy in which what is given replaces what is here.
  User copyWith({
    String? id,
    UserRole? role,
    bool? disabled,
    DateTime? createdAt,
    String? email,
    String? username,
    String? displayName,
  }) => User(
    id: id ?? this.id,
    role: role ?? this.role,
    disabled: disabled ?? this.disabled,
    createdAt: createdAt ?? this.createdAt,
    email: email ?? this.email,
    username: username ?? this.username,
    displayName: displayName ?? this.displayName,
  );
}

/// What is absent or null stays as it is.
final class UserChange extends Model {
  const UserChange({
    this.role,
    this.disabled,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UserChange.fromJson(Map<String, Object?> json) => UserChange(
    role: maybe(json, 'role', UserRole.fromJson),
    disabled: maybe(json, 'disabled', asBool),
  );

  final UserRole? role;

  /// True stops everything of theirs at once.
  final bool? disabled;

  @override
  Map<String, Object?> toJson() => {
    if (role case final value?) 'role': value,
    if (disabled case final value?) 'disabled': value,
  };

  /// A copy in which what is given replaces what is here.
  UserChange copyWith({
    UserRole? role,
    bool? disabled,
  }) => UserChange(
    role: role ?? this.role,
    disabled: disabled ?? this.disabled,
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
    required this.id,
    required this.name,
    required this.prefix,
    required this.scopes,
    required this.createdAt,
    this.lastUsedAt,
    this.expiresAt,
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory UserToken.fromJson(Map<String, Object?> json) => UserToken(
    id: read(json, 'id', asString),
    name: read(json, 'name', asString),
    prefix: read(json, 'prefix', asString),
    scopes: read(json, 'scopes', asList(TokenScope.fromJson)),
    createdAt: read(json, 'created_at', asTime),
    lastUsedAt: maybe(json, 'last_used_at', asTime),
    expiresAt: maybe(json, 'expires_at', asTime),
  );

  final String id;

  final String name;

  final String prefix;

  final List<TokenScope> scopes;

  final DateTime createdAt;

  /// To the minute, about.
  final DateTime? lastUsedAt;

  final DateTime? expiresAt;

  @override
  Map<String, Object?> toJson() => {
    'id': id,
    'name': name,
    'prefix': prefix,
    'scopes': scopes,
    'created_at': writeTime(createdAt),
    if (lastUsedAt case final value?) 'last_used_at': writeTime(value),
    if (expiresAt case final value?) 'expires_at': writeTime(value),
  };

  /// A copy in which what is given replaces what is here.
  UserToken copyWith({
    String? id,
    String? name,
    String? prefix,
    List<TokenScope>? scopes,
    DateTime? createdAt,
    DateTime? lastUsedAt,
    DateTime? expiresAt,
  }) => UserToken(
    id: id ?? this.id,
    name: name ?? this.name,
    prefix: prefix ?? this.prefix,
    scopes: scopes ?? this.scopes,
    createdAt: createdAt ?? this.createdAt,
    lastUsedAt: lastUsedAt ?? this.lastUsedAt,
    expiresAt: expiresAt ?? this.expiresAt,
  );
}

/// What is running.
final class Version extends Model {
  const Version({
    required this.version,
    required this.apiVersion,
    this.name = 'pluggably',
  });

  /// Reads what [toJson] writes; members that are not known are ignored.
  factory Version.fromJson(Map<String, Object?> json) => Version(
    version: read(json, 'version', asString),
    apiVersion: read(json, 'api_version', asString),
    name: readOr(json, 'name', asString, 'pluggably'),
  );

  final String version;

  final String apiVersion;

  final String name;

  @override
  Map<String, Object?> toJson() => {
    'version': version,
    'api_version': apiVersion,
    'name': name,
  };

  /// A copy in which what is given replaces what is here.
  Version copyWith({
    String? version,
    String? apiVersion,
    String? name,
  }) => Version(
    version: version ?? this.version,
    apiVersion: apiVersion ?? this.apiVersion,
    name: name ?? this.name,
  );
}
