/// Images and meshes as files, where there is `dart:io`.
library;

import 'dart:io';

import 'pluggably_llm_client.dart';
import 'src/media.dart' show endingOf, inlineFiles;

export 'src/transport/io.dart' show IoTransport;

/// Saving what a client brings.
extension SaveToFiles on Pluggably {
  /// Saves all that an answer brought as `NAME.png`, `NAME.glb` …; of several
  /// files `NAME-1.png`, `NAME-2.png` ….
  Future<List<File>> saveFiles(
    GenerateResponse response,
    Directory folder, {
    String name = 'output',
  }) async {
    final output = response.output;
    final inline = inlineFiles(output);
    final kept = output.artifacts ?? const [];
    final many = inline.length + kept.length > 1;
    await folder.create(recursive: true);
    var number = 0;
    File next(String ending) {
      number++;
      final end = many ? '-$number$ending' : ending;
      return File('${folder.path}/$name$end');
    }

    return [
      for (final file in inline) await next(file.ending).writeAsBytes(file.bytes),
      for (final artifact in kept)
        await saveArtifact(artifact.id, next(endingOf(artifact.mediaType))),
    ];
  }

  /// Saves an artifact as [file], which appears once it is complete. [format]
  /// converts a mesh. [onProgress] hears how many bytes are here, and of how
  /// many where that is known.
  Future<File> saveArtifact(
    String artifactId,
    File file, {
    MeshFormat? format,
    void Function(int received, int? total)? onProgress,
  }) async {
    final download = await openArtifact(artifactId, format: format);
    final part = File('${file.path}.part');
    final writer = await part.open(mode: FileMode.write);
    try {
      try {
        var received = 0;
        await for (final chunk in download.chunks) {
          await writer.writeFrom(chunk);
          received += chunk.length;
          onProgress?.call(received, download.sizeBytes);
        }
      } finally {
        await writer.close();
      }
      return await part.rename(file.path);
    } on Object {
      if (part.existsSync()) await part.delete();
      rethrow;
    }
  }
}
