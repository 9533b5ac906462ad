/// How the bytes of a body are written.
package enum ContentForm: Sendable, Equatable {
  /// As the database's answer was rendered.
  case plain
  /// Packed by gzip.
  case gzip
}

/// The forms that a reader takes.
package enum AcceptedForms: Sendable, Equatable {
  case plain
  /// Both, and gzip where it pays.
  case either
  /// Only gzip, which nobody asks for but a test of ours and of theirs.
  case gzip

  /// Below, a packed body saves less than its reader spends: both fit into one packet.
  static let smallestPacked = 1025

  /// - Parameter length: of the plain form, in bytes.
  package func form(ofPlain length: Int) -> ContentForm {
    switch self {
    case .plain: .plain
    case .either: length >= Self.smallestPacked ? .gzip : .plain
    case .gzip: .gzip
    }
  }
}
