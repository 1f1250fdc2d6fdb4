/// As much of `dart:js_interop` as the client's transport for browsers uses,
/// declared as in Dart's own library, for a front-end that compiles for no
/// browser. Nothing here runs.
library;

import 'dart:typed_data';

class JS {
  const JS([this.name]);

  final String? name;
}

extension type JSAny._(Object _) implements Object {}

extension type JSObject._(Object _) implements JSAny {}

extension type JSFunction._(Object _) implements JSObject {}

extension type JSExportedDartFunction._(Object _) implements JSFunction {}

extension type JSPromise<T extends JSAny?>._(Object _) implements JSObject {}

extension type JSTypedArray._(Object _) implements JSObject {}

extension type JSUint8Array._(Object _) implements JSTypedArray {}

extension JSPromiseToFuture<T extends JSAny?> on JSPromise<T> {
  external Future<T> get toDart;
}

extension JSUint8ArrayToUint8List on JSUint8Array {
  external Uint8List get toDart;
}

extension Uint8ListToJSUint8Array on Uint8List {
  external JSUint8Array get toJS;
}

extension FunctionToJSExportedDartFunction on Function {
  external JSExportedDartFunction get toJS;
}
