/// Models: the catalog, what is loaded, what can be fetched.
library;

import '../connection.dart';
import '../models.dart';
import 'base.dart';

/// What concerns models.
mixin ModelsApi implements Api {
  /// The models of the catalog; a page of them with a [limit].
  Future<ModelList> listModels({
    Modality? modality,
    String? provider,
    ModelStatus? status,
    ModelAccess? access,
    String? q,
    int? limit,
    String? cursor,
  }) => connection.json(
    Call(
      'GET',
      '/v1/models',
      query: {
        'modality': modality,
        'provider': provider,
        'status': status,
        'access': access,
        'q': q,
        'limit': limit,
        'cursor': cursor,
      },
    ),
    ModelList.fromJson,
  );

  /// The models of all pages of [pageSize].
  Stream<ModelInfo> allModels({
    Modality? modality,
    String? provider,
    ModelStatus? status,
    ModelAccess? access,
    String? q,
    int pageSize = 100,
  }) => paged((cursor) async {
    final page = await listModels(
      modality: modality,
      provider: provider,
      status: status,
      access: access,
      q: q,
      limit: pageSize,
      cursor: cursor,
    );
    return (page.models, page.nextCursor);
  });

  /// One model of the catalog.
  Future<ModelInfo> getModel(String modelId) =>
      connection.json(Call('GET', _path(modelId)), ModelInfo.fromJson);

  /// Adds a model to the catalog.
  Future<ModelInfo> registerModel(ModelCreate model) => connection.json(
    Call('POST', '/v1/models', body: model.toJson()),
    ModelInfo.fromJson,
  );

  /// Changes what is given.
  Future<ModelInfo> updateModel(String modelId, ModelChange change) =>
      connection.json(
        Call('PATCH', _path(modelId), body: change.toJson()),
        ModelInfo.fromJson,
      );

  /// Takes a model out of the catalog, with [files] also from the disk.
  Future<ModelInfo> removeModel(String modelId, {bool? files}) =>
      connection.json(
        Call('DELETE', _path(modelId), query: {'files': files}),
        ModelInfo.fromJson,
      );

  /// Makes a model the default of its modality.
  Future<ModelInfo> setDefaultModel(String modelId) => connection.json(
    Call('POST', '${_path(modelId)}/default'),
    ModelInfo.fromJson,
  );

  /// Whether a model is loaded, and what waits for it.
  Future<RuntimeStatusInfo> getModelStatus(String modelId) => connection.json(
    Call('GET', '${_path(modelId)}/status'),
    RuntimeStatusInfo.fromJson,
  );

  /// Loads a model; with [wait] the answer comes when it is loaded.
  Future<RuntimeChange> loadModel(
    String modelId, {
    bool wait = false,
    bool? pin,
  }) => connection.json(
    Call(
      'POST',
      '${_path(modelId)}/load',
      body: LoadRequest(wait: wait, pin: pin).toJson(),
      slow: wait,
    ),
    RuntimeChange.fromJson,
  );

  /// Unloads a model; [force] overrides a pin, and lets what runs finish first.
  Future<RuntimeChange> unloadModel(String modelId, {bool force = false}) =>
      connection.json(
        Call(
          'POST',
          '${_path(modelId)}/unload',
          body: UnloadRequest(force: force).toJson(),
          slow: force,
        ),
        RuntimeChange.fromJson,
      );

  /// The models that are loaded.
  Future<LoadedModels> loadedModels() => connection.json(
    const Call('GET', '/v1/models/loaded'),
    LoadedModels.fromJson,
  );

  /// A page of the models of a hub.
  Future<FoundModels> searchModels(
    String? query, {
    String? source,
    Modality? modality,
    int? limit,
    String? cursor,
  }) => connection.json(
    Call(
      'GET',
      '/v1/models/search',
      query: {
        'source': source,
        'query': query,
        'modality': modality,
        'limit': limit,
        'cursor': cursor,
      },
    ),
    FoundModels.fromJson,
  );

  /// The models of a hub, page by page.
  Stream<FoundModel> allFoundModels(
    String? query, {
    String? source,
    Modality? modality,
  }) => paged((cursor) async {
    final page = await searchModels(
      query,
      source: source,
      modality: modality,
      cursor: cursor,
    );
    return (page.results, page.nextCursor);
  });

  /// The files of a repository of a hub, and which of them fit this machine.
  Future<HubFiles> listModelFiles(String repository, {String? revision}) =>
      connection.json(
        Call(
          'GET',
          '/v1/models/search/${segment(repository)}/files',
          query: {'revision': revision},
        ),
        HubFiles.fromJson,
      );

  /// Brings a model's files into the model folder, in the background: `watchJob`
  /// and `waitForJob` tell how far it is.
  Future<Job> downloadModel(
    DownloadSource source, {
    DownloadModel? model,
    DownloadOptions? options,
  }) => connection.json(
    Call(
      'POST',
      '/v1/models/download',
      body: DownloadCreate(
        source: source,
        model: model,
        options: options,
      ).toJson(),
    ),
    Job.fromJson,
  );

  /// The parameters that there are, and how to write a request.
  Future<SchemaInfo> schema() =>
      connection.json(const Call('GET', '/v1/schema'), SchemaInfo.fromJson);

  /// The parameters of one model, as a JSON Schema.
  Future<ModelSchemaInfo> modelSchema(String modelId) => connection.json(
    Call('GET', '/v1/schema', query: {'model': modelId}),
    ModelSchemaInfo.fromJson,
  );
}

String _path(String modelId) => '/v1/models/${segment(modelId)}';
