/// The client.
library;

import 'api/artifacts.dart';
import 'api/generation.dart';
import 'api/jobs.dart';
import 'api/models.dart';
import 'api/operations.dart';
import 'api/requests.dart';
import 'api/sessions.dart';
import 'api/users.dart';
import 'api/vendors.dart';
import 'connection.dart';
import 'options.dart';
import 'transport/transport.dart';

/// A Pluggably gateway.
///
/// Every method throws a `PluggablyException`: a `PluggablyApiException` where
/// the server refused or failed, a `ConnectionException` where it could not be
/// reached, an `UnexpectedReplyException` where something else answered.
final class Pluggably
    with
        Generating,
        RequestsApi,
        ModelsApi,
        JobsApi,
        UsersApi,
        OperationsApi,
        ArtifactsApi {
  /// The gateway at [url], with an operator key, a user's token or a JWT as
  /// [apiKey]; none for local mode, or before `login`. [headers] go with every
  /// request.
  Pluggably(
    String url, {
    String? apiKey,
    Transport? transport,
    Timeouts timeouts = const Timeouts(),
    Retries retries = const Retries(),
    Map<String, String> headers = const {},
  }) : connection = Connection(
         url,
         apiKey: apiKey,
         transport: transport,
         timeouts: timeouts,
         retries: retries,
         headers: headers,
       );

  @override
  final Connection connection;

  @override
  String get generatePath => '/v1/generate';

  /// Chats that the server keeps.
  SessionsApi get sessions => SessionsApi(connection);

  /// What OpenAI's clients send.
  OpenAIApi get openai => OpenAIApi(connection);

  /// What Anthropic's clients send.
  AnthropicApi get anthropic => AnthropicApi(connection);

  /// Ends all connections; what is under way fails.
  void close() => connection.close();
}
