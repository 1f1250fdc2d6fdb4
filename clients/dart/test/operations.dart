/// Which method of the client reaches which operation of the OpenAPI document.
library;

import 'dart:typed_data';

import 'package:pluggably_llm_client/pluggably_llm_client.dart';

/// A request as the vectors describe it.
final class Asked {
  Asked(Map<String, Object?> request)
    : path = _object(request['path']),
      query = _object(request['query']),
      headers = _object(request['headers']),
      body = _object(request['body']),
      files = _object(request['files']);

  final Map<String, Object?> path;
  final Map<String, Object?> query;
  final Map<String, Object?> headers;
  final Map<String, Object?> body;
  final Map<String, Object?> files;

  String id(String name) => path[name]! as String;

  String? text(String name) => query[name]?.toString();

  int? number(String name) => switch (text(name)) {
    final text? => int.parse(text),
    null => null,
  };

  bool? flag(String name) => switch (text(name)) {
    final text? => text == 'true',
    null => null,
  };

  DateTime? time(String name) => switch (text(name)) {
    final text? => DateTime.parse(text),
    null => null,
  };

  int? get limit => number('limit');

  String? get cursor => text('cursor');

  String? field(String name) => body[name] as String?;

  List<MediaFile> get images => [
    for (final MapEntry(:key, :value) in files.entries)
      if (key != 'mask')
        for (final url in value is List ? value : [value])
          MediaFile.fromDataUrl(url as String),
  ];

  MediaFile? get mask => switch (files['mask']) {
    final String url => MediaFile.fromDataUrl(url),
    _ => null,
  };

  Modality? get modality => switch (text('modality')) {
    final text? => Modality(text),
    null => null,
  };

  MeshFormat? get format => switch (text('format')) {
    final text? => MeshFormat(text),
    null => null,
  };

  GenerateRequest get generate => GenerateRequest.fromJson(
    {...body}
      ..remove('stream')
      ..remove('background'),
  );

  bool get streams => body['stream'] == true;
}

Map<String, Object?> _object(Object? value) =>
    (value as Map<String, Object?>?) ?? const {};

typedef Operation = Future<Object?> Function(Pluggably client, Asked asked);

/// A method for every operation; what it gives is a model, text, bytes or
/// nothing, and of streams the list of events.
final Map<String, Operation> operations = {
  'health': (client, _) => client.health(),
  'head_health': (client, _) => client.isAlive(),
  'ready': (client, _) => client.ready(),
  'head_ready': (client, _) => client.isReady(),
  'metrics': (client, _) => client.metrics(),
  'version': (client, _) => client.version(),
  'features': (client, _) => client.features(),
  'schema': (client, asked) => switch (asked.text('model')) {
    final model? => client.modelSchema(model),
    null => client.schema(),
  },
  'list_providers': (client, _) => client.listProviders(),
  'read_usage': (client, asked) => client.usage(
    groupBy: switch (asked.text('group_by')) {
      final text? => UsageGrouping(text),
      null => null,
    },
    since: asked.time('since'),
    until: asked.time('until'),
    everyone: asked.flag('everyone'),
    limit: asked.limit,
  ),
  'read_audit': (client, asked) => client.audit(
    actorId: asked.text('actor_id'),
    targetId: asked.text('target_id'),
    action: asked.text('action'),
    limit: asked.limit,
    cursor: asked.cursor,
  ),
  'read_storage': (client, _) => client.storage(),
  'clean_storage': (client, asked) => asked.body['dry_run'] == true
      ? client.planCleanup()
      : client.cleanStorage(),
  // Generating.
  'generate': (client, asked) async => asked.streams
      ? await client.streamFrom(asked.generate).toList()
      : asked.body['background'] == true
      ? await client.submitFrom(asked.generate)
      : await client.generateFrom(asked.generate),
  'generate_in_session': (client, asked) async => asked.streams
      ? await client.sessions
            .stream(asked.id('session_id'), asked.generate)
            .toList()
      : asked.body['background'] == true
      ? await client.sessions
            .use(asked.id('session_id'))
            .submitFrom(asked.generate)
      : await client.sessions.generate(asked.id('session_id'), asked.generate),
  'regenerate': (client, asked) async {
    final session = client.sessions.use(asked.id('session_id'));
    final messageId = asked.field('message_id');
    final prompt = asked.field('prompt');
    final model = asked.field('model');
    final parameters = asked.body['parameters'] as Map<String, Object?>?;
    return asked.streams
        ? await session
              .regenerateStream(
                messageId: messageId,
                prompt: prompt,
                model: model,
                parameters: parameters,
              )
              .toList()
        : await session.regenerate(
            messageId: messageId,
            prompt: prompt,
            model: model,
            parameters: parameters,
          );
  },
  // Requests.
  'list_requests': (client, asked) => client.listRequests(
    active: asked.text('status') == 'active',
    limit: asked.limit,
    cursor: asked.cursor,
  ),
  'get_request': (client, asked) => client.getRequest(asked.id('request_id')),
  'get_request_status': (client, asked) =>
      client.getRequestStatus(asked.id('request_id')),
  'cancel_request': (client, asked) =>
      client.cancelRequest(asked.id('request_id')),
  'follow_request': (client, asked) => client
      .watchRequest(
        asked.id('request_id'),
        after: switch (asked.headers['last-event-id']) {
          final number? => int.parse('$number'),
          null => null,
        },
      )
      .toList(),
  // Sessions.
  'list_sessions': (client, asked) => client.sessions.list(
    status: switch (asked.text('status')) {
      final text? => SessionStatus(text),
      null => null,
    },
    q: asked.text('q'),
    limit: asked.limit,
    cursor: asked.cursor,
  ),
  'create_session': (client, asked) => client.sessions.create(
    title: asked.field('title'),
    systemPrompt: asked.field('system_prompt'),
  ),
  'get_session': (client, asked) => client.sessions.get(
    asked.id('session_id'),
    limit: asked.limit,
    cursor: asked.cursor,
  ),
  'patch_session': (client, asked) => client.sessions.update(
    asked.id('session_id'),
    title: asked.field('title'),
    systemPrompt: asked.field('system_prompt'),
  ),
  'put_session': (client, asked) => client.sessions.put(
    asked.id('session_id'),
    title: asked.field('title'),
    systemPrompt: asked.field('system_prompt'),
  ),
  'close_session': (client, asked) async {
    final id = asked.id('session_id');
    if (asked.flag('purge') != true) return client.sessions.close(id);
    await client.sessions.purge(id);
    return null;
  },
  'reset_session': (client, asked) =>
      client.sessions.reset(asked.id('session_id')),
  'export_session': (client, asked) => client.sessions.export(
    asked.id('session_id'),
    format: asked.text('format'),
  ),
  // Models.
  'list_models': (client, asked) => client.listModels(
    modality: asked.modality,
    provider: asked.text('provider'),
    status: switch (asked.text('status')) {
      final text? => ModelStatus(text),
      null => null,
    },
    access: switch (asked.text('access')) {
      final text? => ModelAccess(text),
      null => null,
    },
    q: asked.text('q'),
    limit: asked.limit,
    cursor: asked.cursor,
  ),
  'register_model': (client, asked) =>
      client.registerModel(ModelCreate.fromJson(asked.body)),
  'loaded_models': (client, _) => client.loadedModels(),
  'get_model': (client, asked) => client.getModel(asked.id('model_id')),
  'change_model': (client, asked) => client.updateModel(
    asked.id('model_id'),
    ModelChange.fromJson(asked.body),
  ),
  'remove_model': (client, asked) =>
      client.removeModel(asked.id('model_id'), files: asked.flag('files')),
  'make_default': (client, asked) =>
      client.setDefaultModel(asked.id('model_id')),
  'model_status': (client, asked) =>
      client.getModelStatus(asked.id('model_id')),
  'load_model': (client, asked) => client.loadModel(
    asked.id('model_id'),
    wait: asked.body['wait'] == true,
    pin: asked.body['pin'] as bool?,
  ),
  'unload_model': (client, asked) => client.unloadModel(
    asked.id('model_id'),
    force: asked.body['force'] == true,
  ),
  'search_models': (client, asked) => client.searchModels(
    asked.text('query'),
    source: asked.text('source'),
    modality: asked.modality,
    limit: asked.limit,
    cursor: asked.cursor,
  ),
  'list_files': (client, asked) => client.listModelFiles(
    asked.id('repo'),
    revision: asked.text('revision'),
  ),
  'download_model': (client, asked) {
    final body = DownloadCreate.fromJson(asked.body);
    return client.downloadModel(
      body.source,
      model: body.model,
      options: body.options,
    );
  },
  // Jobs.
  'list_jobs': (client, asked) =>
      client.listJobs(limit: asked.limit, cursor: asked.cursor),
  'get_job': (client, asked) => client.getJob(asked.id('job_id')),
  'cancel_job': (client, asked) => client.cancelJob(asked.id('job_id')),
  'follow_job': (client, asked) => client.watchJob(asked.id('job_id')).toList(),
  // Artifacts.
  'list_artifacts': (client, asked) =>
      client.listArtifacts(
        type: switch (asked.query['type']) {
          final type? => ArtifactType.fromJson(type),
          null => null,
        },
        limit: asked.limit,
        cursor: asked.cursor,
      ),
  'fetch_artifact': (client, asked) =>
      client.getArtifact(asked.id('artifact_id'), format: asked.format),
  'head_fetch_artifact': (client, asked) =>
      client.describeArtifact(asked.id('artifact_id'), format: asked.format),
  'delete_artifact': (client, asked) async {
    await client.deleteArtifact(asked.id('artifact_id'));
    return null;
  },
  // Users.
  'register': (client, asked) => client.register(
    email: asked.field('email'),
    username: asked.field('username'),
    password: asked.field('password')!,
    inviteToken: asked.field('invite_token'),
    displayName: asked.field('display_name'),
  ),
  'log_in': (client, asked) => client.login(
    email: asked.field('email'),
    username: asked.field('username'),
    password: asked.field('password')!,
    cookie: asked.body['cookie'] as bool?,
  ),
  'log_out': (client, _) async {
    await client.logout();
    return null;
  },
  'read_me': (client, _) => client.me(),
  'change_me': (client, asked) =>
      client.updateMe(ProfileChange.fromJson(asked.body)),
  'change_my_password': (client, asked) => client.changePassword(
    currentPassword: asked.field('current_password')!,
    newPassword: asked.field('new_password')!,
  ),
  'read_my_limits': (client, _) => client.myLimits(),
  'list_tokens': (client, asked) =>
      client.listUserTokens(limit: asked.limit, cursor: asked.cursor),
  'create_token': (client, asked) {
    final body = TokenCreate.fromJson(asked.body);
    return client.createUserToken(
      body.name,
      scopes: body.scopes,
      expiresDays: body.expiresDays,
    );
  },
  'revoke_token': (client, asked) =>
      client.revokeUserToken(asked.id('token_id')),
  'read_token_limits': (client, asked) =>
      client.getTokenLimits(asked.id('token_id')),
  'set_token_limits': (client, asked) => client.setTokenLimits(
    asked.id('token_id'),
    LimitsChange.fromJson(asked.body),
  ),
  'list_provider_keys': (client, asked) =>
      client.listProviderKeys(limit: asked.limit, cursor: asked.cursor),
  'store_provider_key': (client, asked) =>
      client.addProviderKey(ProviderKeyCreate.fromJson(asked.body)),
  'remove_provider_key': (client, asked) =>
      client.removeProviderKey(asked.id('provider')),
  'check_provider_key': (client, asked) =>
      client.checkProviderKey(asked.id('provider')),
  'list_invites': (client, asked) =>
      client.listInvites(limit: asked.limit, cursor: asked.cursor),
  'create_invite': (client, asked) => client.createInvite(
    email: asked.field('email'),
    expiresDays: asked.body['expires_days'] as int?,
    maxUses: asked.body['max_uses'] as int?,
  ),
  'revoke_invite': (client, asked) =>
      client.revokeInvite(asked.id('invite_id')),
  'list_users': (client, asked) => client.listUsers(
    q: asked.text('q'),
    limit: asked.limit,
    cursor: asked.cursor,
  ),
  'change_user': (client, asked) {
    final body = UserChange.fromJson(asked.body);
    return client.updateUser(
      asked.id('user_id'),
      role: body.role,
      disabled: body.disabled,
    );
  },
  'read_limits': (client, asked) => client.getLimits(asked.id('user_id')),
  'set_limits': (client, asked) => client.setLimits(
    asked.id('user_id'),
    LimitsChange.fromJson(asked.body),
  ),
  // Vendors' shapes.
  'chat_completions': (client, asked) async => asked.streams
      ? await client.openai.chatCompletionsStream(asked.body).toList()
      : await client.openai.chatCompletions(asked.body),
  'completions': (client, asked) async => asked.streams
      ? await client.openai.completionsStream(asked.body).toList()
      : await client.openai.completions(asked.body),
  'embeddings': (client, asked) => client.openai.embeddings(asked.body),
  'generate_images': (client, asked) async => asked.streams
      ? await client.openai.generateImagesStream(asked.body).toList()
      : await client.openai.generateImages(asked.body),
  'edit_images': (client, asked) async => asked.streams
      ? await client.openai
            .editImagesStream(asked.body, asked.images, mask: asked.mask)
            .toList()
      : await client.openai.editImages(
          asked.body,
          asked.images,
          mask: asked.mask,
        ),
  'vary_images': (client, asked) => client.openai.varyImages(
    asked.images.firstOrNull ?? MediaFile('image/png', Uint8List(0)),
  ),
  'responses': (client, asked) async => asked.streams
      ? await client.openai.responsesStream(asked.body).toList()
      : await client.openai.responses(asked.body),
  'messages': (client, asked) async => asked.streams
      ? await client.anthropic.messagesStream(asked.body).toList()
      : await client.anthropic.messages(asked.body),
  'count_tokens': (client, asked) => client.anthropic.countTokens(asked.body),
};
