/// Artifacts: images and meshes that are fetched by their address.
library;

import 'dart:typed_data';

import '../connection.dart';
import '../media.dart';
import '../models.dart';
import 'base.dart';

/// An artifact that is being fetched.
final class ArtifactDownload {
  const ArtifactDownload(this.mediaType, this.sizeBytes, this.chunks);

  final String mediaType;

  /// Of the whole, where the server tells.
  final int? sizeBytes;

  /// To be listened to once; cancelling stops it.
  final Stream<List<int>> chunks;
}

/// What concerns artifacts.
mixin ArtifactsApi implements Api {
  /// A page of one's own artifacts, newest first; of one [type] or of any.
  Future<ArtifactList> listArtifacts({
    ArtifactType? type,
    int? limit,
    String? cursor,
  }) => connection.json(
    Call(
      'GET',
      '/v1/artifacts',
      query: {'type': type, 'limit': limit, 'cursor': cursor},
    ),
    ArtifactList.fromJson,
  );

  /// The artifacts of all pages.
  Stream<Artifact> allArtifacts({ArtifactType? type}) => paged((cursor) async {
    final page = await listArtifacts(type: type, cursor: cursor);
    return (page.artifacts, page.nextCursor);
  });

  /// Deletes one of one's own artifacts before its time, for good.
  Future<void> deleteArtifact(String artifactId) async {
    await connection.send(
      Call('DELETE', '/v1/artifacts/${segment(artifactId)}'),
    );
  }

  /// What an artifact is and how large, without fetching it.
  Future<({String mediaType, int? sizeBytes})> describeArtifact(
    String artifactId, {
    MeshFormat? format,
  }) async {
    final reply = await connection.send(_call('HEAD', artifactId, format));
    return (
      mediaType: _mediaType(reply.headers),
      sizeBytes: int.tryParse(reply.headers['content-length'] ?? ''),
    );
  }

  /// The bytes of an artifact; [format] converts a mesh. [onProgress] hears how
  /// many bytes are here, and of how many where that is known.
  Future<MediaFile> getArtifact(
    String artifactId, {
    MeshFormat? format,
    void Function(int received, int? total)? onProgress,
  }) async {
    final download = await openArtifact(artifactId, format: format);
    final bytes = BytesBuilder(copy: false);
    await for (final chunk in download.chunks) {
      bytes.add(chunk);
      onProgress?.call(bytes.length, download.sizeBytes);
    }
    return MediaFile(download.mediaType, bytes.takeBytes());
  }

  /// An artifact in pieces, for what should not be in memory as a whole.
  Future<ArtifactDownload> openArtifact(
    String artifactId, {
    MeshFormat? format,
  }) async {
    final response = await connection.open(_call('GET', artifactId, format));
    return ArtifactDownload(
      _mediaType(response.headers),
      int.tryParse(response.headers['content-length'] ?? ''),
      connection.chunks(response),
    );
  }

  /// All that an answer brought: what is in it, and what has to be fetched.
  Future<List<MediaFile>> files(Output output) async => [
    ...inlineFiles(output),
    for (final artifact in output.artifacts ?? const <Artifact>[])
      await getArtifact(artifact.id),
  ];

  /// The whole address of what the server gave, which may lack its beginning:
  /// for an `<img>` or an `Image.network`.
  Uri resolve(String url) =>
      url.startsWith('/')
          ? Uri.parse('${connection.base}$url')
          : connection.base.resolve(url);

  Call _call(String method, String artifactId, MeshFormat? format) => Call(
    method,
    '/v1/artifacts/${segment(artifactId)}',
    query: {'format': format},
    accept: '*/*',
  );
}

String _mediaType(Map<String, String> headers) =>
    (headers['content-type'] ?? 'application/octet-stream')
        .split(';')
        .first
        .trim();
