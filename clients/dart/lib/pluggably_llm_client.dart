/// A client of Pluggably: one API for text, images and 3D, whoever does the
/// work.
library;

export 'src/api/artifacts.dart' show ArtifactDownload;
export 'src/api/requests.dart'
    show
        BackgroundRequest,
        FailureOfJob,
        FailureOfRequest,
        FailureOfResult;
export 'src/api/sessions.dart' show ChatSession, SessionsApi;
export 'src/api/vendors.dart' show AnthropicApi, OpenAIApi, VendorEvent;
export 'src/client.dart';
export 'src/errors.dart';
export 'src/events.dart';
export 'src/json.dart' show Model;
export 'src/media.dart' show MediaFile;
export 'src/models.dart';
export 'src/options.dart';
export 'src/transport/transport.dart';
