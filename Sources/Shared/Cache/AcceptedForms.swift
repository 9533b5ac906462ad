/// The forms that a reader takes.
package enum AcceptedForms: Sendable, Equatable {
  case plain
  /// Both, and gzip where it pays.
  case either
  /// Only gzip.
  case gzip

  /// The bytes of plain bodies that are packed: fewer fit into one packet anyway; more would keep a thread for long,
  /// of whoever packs and of every reader who must unpack.
  static let packedLengths = 1025...(4 << 20)

  /// - Parameter length: of the plain form, in bytes.
  package func form(ofPlain length: Int) -> ContentForm {
    switch self {
    case .plain: .plain
    case .either: Self.packedLengths.contains(length) ? .gzip : .plain
    case .gzip: .gzip
    }
  }
}
