/// Images and meshes in memory.
library;

import 'dart:convert';
import 'dart:typed_data';

import 'errors.dart';
import 'models.dart';

/// The bytes of an image or a mesh.
final class MediaFile {
  const MediaFile(this.mediaType, this.bytes);

  /// Reads a data URL.
  factory MediaFile.fromDataUrl(String url) {
    try {
      final data = UriData.parse(url);
      return MediaFile(data.mimeType, data.contentAsBytes());
    } on FormatException {
      throw const UnexpectedReplyException(
        'The answer holds a data URL that can not be read.',
      );
    }
  }

  final String mediaType;
  final Uint8List bytes;

  /// How a name of such a file ends, with the dot.
  String get ending => endingOf(mediaType);

  /// As a data URL, for the `images` or the `mesh` of a request.
  String get dataUrl => 'data:$mediaType;base64,${base64Encode(bytes)}';
}

/// What is in an answer itself.
List<MediaFile> inlineFiles(Output output) => [
  ...?output.images?.map(MediaFile.fromDataUrl),
  if (output.mesh case final mesh?) MediaFile.fromDataUrl(mesh),
];

/// How a name of a file of this type ends, with the dot.
String endingOf(String mediaType) => switch (mediaType) {
  'image/png' => '.png',
  'image/jpeg' => '.jpg',
  'image/webp' => '.webp',
  'image/gif' => '.gif',
  'model/gltf-binary' => '.glb',
  'model/obj' => '.obj',
  'model/stl' => '.stl',
  'model/ply' || 'application/ply' => '.ply',
  _ => '.bin',
};
