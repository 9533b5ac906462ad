/// How the bytes of a body are written.
package enum ContentForm: Sendable, Equatable {
  /// As the database's answer was rendered.
  case plain
  /// Packed by gzip.
  case gzip
}
