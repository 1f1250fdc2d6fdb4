/// Where there is neither `dart:io` nor a browser.
library;

import 'transport.dart';

/// There is none: one has to be given.
Transport platformTransport() =>
    throw UnsupportedError('This platform has no transport: give one.');
