/// The whole way, against a running gateway: its address is the first argument,
/// an operator's key the second, a folder for files the third.
///
/// The gateway has the starter model for text and the scene engine for images
/// and meshes.
library;

import 'dart:io';

import 'package:pluggably_llm_client/io.dart';
import 'package:pluggably_llm_client/pluggably_llm_client.dart';

import 'runner.dart';

const textModel = 'SmolLM2-135M-Instruct.Q4_1';
const few = {'max_tokens': 8};

/// Keeps any model busy until its `max_tokens`.
const endless = {
  'max_tokens': 1500,
  'json_schema': {
    'type': 'array',
    'items': {'type': 'integer'},
    'minItems': 1500,
  },
};

void main(List<String> arguments) {
  final [url, key, folder] = arguments;
  final client = Pluggably(url, apiKey: key);

  test(
    'log in, a session, generate in it, list models and providers, close',
    req: ['SYS-REQ-023', 'SYS-REQ-024', 'TEST-INT-004'],
    () async {
      final invite = await client.createInvite(maxUses: 1);
      final user = Pluggably(url);
      const password = 'correct horse battery staple';
      final profile = await user.register(
        username: 'ada',
        password: password,
        inviteToken: invite.inviteToken,
      );
      final entered = await user.login(username: 'ada', password: password);
      expect(entered.user.id, profile.id);
      expect((await user.me()).username, 'ada');

      final session = await user.sessions.create(title: 'A trip');
      expect(session.status, SessionStatus.active);
      final chat = user.sessions.use(session.id);
      final answer = await chat.generate('Say hello.', parameters: few);
      check(answer.output.text!.isNotEmpty);
      expect(answer.sessionId, session.id);
      expect(answer.model, textModel);
      check(answer.usage.completionTokens! <= 8);
      final events = await chat.stream('And again.', parameters: few).toList();
      check(events.first is SelectedEvent, '${events.first}');
      check(events.last is OutputEvent, '${events.last}');
      final messages = await chat.messages();
      expect(messages.map((message) => message.role).toList(), [
        MessageRole.user,
        MessageRole.assistant,
        MessageRole.user,
        MessageRole.assistant,
      ]);
      final other = await chat.regenerate(parameters: {'max_tokens': 4});
      check(other.usage.completionTokens! <= 4);
      expect((await chat.get()).messageCount, 4);
      check((await chat.export(format: 'markdown')).contains('A trip'));

      final models = await user.listModels();
      check(models.models.any((model) => model.id == textModel));
      expect(
        await user.allModels(pageSize: 1).map((model) => model.id).toSet(),
        models.models.map((model) => model.id).toSet(),
      );
      final providers = await user.listProviders();
      check(providers.providers.isNotEmpty);
      expect((await chat.reset()).messageCount, 0);
      expect((await chat.close()).status, SessionStatus.closed);
      await thrown<SessionClosedException>(() => chat.generate('Hello'));
      expect((await user.sessions.all().toList()).single.id, session.id);
      await chat.purge();
      await thrown<SessionNotFoundException>(chat.get);
      await user.logout();
      await thrown<AuthenticationRequiredException>(user.me);
      user.close();
    },
  );

  test('a stream brings the text in pieces and then the whole', () async {
    final events = await client
        .stream('Tell me a story.', parameters: {'max_tokens': 24})
        .toList();
    final pieces = await Stream.fromIterable(events).text.toList();
    check(pieces.length > 1);
    final whole = (events.last as OutputEvent).response;
    expect(pieces.join(), whole.output.text);
    expect(events.map((event) => event.number).toList(), [
      for (var number = 1; number <= events.length; number++) number,
    ]);
  });

  test(
    'a stream that is cancelled stops the model',
    req: ['SYS-REQ-047'],
    () async {
      await client
          .stream('Count.', parameters: endless)
          .firstWhere((event) => event is DeltaEvent);
      await until(() async {
        final status = await client.getModelStatus(textModel);
        return status.runtimeStatus != RuntimeState.busy;
      });
    },
  );

  test(
    'a request is cancelled by its name',
    req: ['SYS-REQ-058'],
    () async {
      const name = 'dart_cancel_me';
      final failed = thrown<RequestCancelledException>(
        () => client.generate('Count.', parameters: endless, requestId: name),
      );
      await until(() async {
        final active = await client.listRequests(active: true);
        return active.requests.any((request) => request.requestId == name);
      });
      expect((await client.getRequestStatus(name)).requestId, name);
      check((await client.cancelRequest(name)).cancelled);
      expect((await failed).requestId, name);
    },
  );

  test('a background request goes on by itself, and is waited for', () async {
    final request = await client.submit('Say hello.', parameters: few);
    final told = <String>{};
    final response = await request.wait(
      onProgress: (event) => told.add(event.name),
    );
    expect(response.requestId, request.requestId);
    check(told.containsAll({'selected', 'output'}), '$told');
    final kept = await client.getRequest(request.requestId);
    expect(kept.status, RequestState.completed);
    expect(kept.result!.output.text, response.output.text);
    expect(
      await client.watchRequest(request.requestId).response,
      response,
    );
  });

  test('an image becomes a file', () async {
    final events = <StreamEvent>[];
    await client
        .stream(
          'a red cube',
          modality: Modality.image,
          parameters: {'width': 64, 'height': 64},
        )
        .forEach(events.add);
    final response = (events.last as OutputEvent).response;
    final files = await client.saveFiles(
      response,
      Directory('$folder/images'),
      name: 'cube',
    );
    expect(files.single.path, '$folder/images/cube.png');
    expect((await files.single.readAsBytes()).sublist(0, 4), [
      0x89,
      0x50,
      0x4e,
      0x47,
    ]);
    final again = await client.files(response.output);
    expect(again.single.bytes, await files.single.readAsBytes());
    expect(again.single.mediaType, 'image/png');
  });

  test('a mesh becomes a file, in the format that one wants', () async {
    final response = await client.generate(
      'a red cube',
      modality: Modality.threeD,
    );
    final files = await client.saveFiles(response, Directory(folder));
    check(files.single.path.endsWith('output.glb'));
    final bytes = await files.single.readAsBytes();
    expect(String.fromCharCodes(bytes.take(4)), 'glTF');
    // A large one is kept as an artifact, which is converted.
    final large = await client.generate(
      'ten red spheres and ten blue spheres and ten green spheres',
      modality: Modality.threeD,
    );
    final artifacts = await client.allArtifacts().toList();
    for (final artifact in large.output.artifacts ?? const <Artifact>[]) {
      check(artifacts.any((other) => other.id == artifact.id));
    }
    if (large.output.artifacts case [final artifact, ...]) {
      final told = <int>[];
      final saved = await client.saveArtifact(
        artifact.id,
        File('$folder/spheres.stl'),
        format: MeshFormat.stl,
        onProgress: (received, total) => told.add(received),
      );
      expect(told.last, await saved.length());
      final described = await client.describeArtifact(artifact.id);
      expect(described.mediaType, 'model/gltf-binary');
      expect(described.sizeBytes, artifact.sizeBytes);
    }
  });

  test('a model is loaded and unloaded', req: ['SYS-REQ-057'], () async {
    final loaded = await client.loadModel(textModel, wait: true);
    expect(loaded.status, RuntimeState.loaded);
    final status = await client.getModelStatus(textModel);
    expect(status.runtimeStatus, RuntimeState.loaded);
    check((await client.loadedModels()).models.isNotEmpty);
    final unloaded = await client.unloadModel(textModel);
    expect(unloaded.status, RuntimeState.unloaded);
    final schema = await client.modelSchema(textModel);
    expect(schema.modality, Modality.text);
    check((await client.schema()).parameters.containsKey('temperature'));
  });

  test('tokens are made, used and revoked', req: ['SYS-REQ-059'], () async {
    final made = await client.createUserToken(
      'a phone',
      scopes: [TokenScope.read],
    );
    final phone = Pluggably(url, apiKey: made.token);
    check((await phone.listModels()).models.isNotEmpty);
    await thrown<PermissionDeniedException>(() => phone.generate('Hello'));
    check(
      await client.allUserTokens().any((token) => token.id == made.info.id),
    );
    await client.revokeUserToken(made.info.id);
    await thrown<InvalidCredentialsException>(phone.listModels);
    phone.close();
  });

  test('the server says who it is, and what it can do', () async {
    check(await client.isAlive());
    expect((await client.ready()).status, 'ready');
    check(await client.isReady());
    expect((await client.version()).name, 'pluggably');
    check((await client.features()).modalities.contains('3d'));
    check((await client.metrics()).contains('# HELP'));
    check((await client.usage(groupBy: UsageGrouping.model)).total.requests > 0);
    check((await client.storage()).usedBytes > 0);
    check((await client.listUsers()).users.isNotEmpty);
    check((await client.myLimits()).limits.isNotEmpty);
    check(await client.allAudit().take(3).isEmpty == false);
  });

  test('a cleanup is planned, then done as a job that is followed', () async {
    final plan = await client.planCleanup();
    check(plan.sizeBytes >= 0);
    final started = await client.cleanStorage();
    final told = <String>[];
    final done = await client.waitForJob(
      started.jobId,
      onProgress: (job) => told.add(job.status),
    );
    expect(done.status, JobStatus.completed);
    expect(told.last, JobStatus.completed);
    expect((await client.getJob(started.jobId)).kind, 'cleanup');
    check(await client.allJobs().any((job) => job.jobId == started.jobId));
    await thrown<JobNotFoundException>(() => client.getJob('job_none'));
  });

  test('a download that can not be is refused, or its job says why', () async {
    await thrown<PluggablyApiException>(() async {
      final job = await client.downloadModel(
        const DownloadSource(type: 'local', uri: '/nowhere/model.gguf'),
      );
      await client.waitForJob(job.jobId);
    });
  });

  test('what OpenAI and Anthropic document works too', () async {
    final chat = {
      'model': textModel,
      'messages': [
        {'role': 'user', 'content': 'Hello'},
      ],
      'max_tokens': 8,
    };
    expect(
      (await client.openai.chatCompletions(chat))['object'],
      'chat.completion',
    );
    final chunks = await client.openai.chatCompletionsStream(chat).toList();
    expect(chunks.first.data['object'], 'chat.completion.chunk');
    expect((await client.anthropic.messages(chat))['type'], 'message');
    final events = await client.anthropic.messagesStream(chat).toList();
    expect(events.first.name, 'message_start');
    expect(events.last.name, 'message_stop');
  });

  test('a wrong key, an unknown model and a wrong parameter are told', () async {
    final stranger = Pluggably(url, apiKey: 'wrong');
    final refused = await thrown<InvalidCredentialsException>(
      stranger.listModels,
    );
    expect(refused.status, 401);
    stranger.close();
    final unknown = await thrown<ModelNotFoundException>(
      () => client.generate('Hello', model: 'smollm2'),
    );
    expect(unknown.param, 'model');
    expect(unknown.details!['suggestions'], [textModel]);
    check(unknown.requestId!.startsWith('req_'), '${unknown.requestId}');
    final wrong = await thrown<ValidationException>(
      () => client.stream('Hello', parameters: {'temperature': 9}).toList(),
    );
    check('${wrong.details}'.contains('parameters.temperature'));
  });

  runTests();
}
