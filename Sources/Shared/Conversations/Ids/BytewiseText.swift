/// Text that is equal only byte for byte. Swift's own `String ==` calls U+00E9 and "e" + U+0301 the same, which would
/// merge two conversations into one.
package protocol BytewiseText: Hashable, Sendable, CustomStringConvertible {
  /// The characters, exactly as they came.
  var text: String { get }
}

extension BytewiseText {
  /// The characters, exactly as they came.
  package var description: String { text }

  /// Byte for byte.
  package static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  /// Over the UTF-8 bytes, as equality is.
  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}

/// The contract's rule for names the provider makes up: 1–128 scalars, not blank, no control character.
func isProviderName(_ text: String) -> Bool {
  // 128 scalars are at most 512 bytes; the cheap test first spares walking a hostile 10 MB name.
  guard !text.isEmpty, text.utf8.count <= 512, text.unicodeScalars.count <= 128 else { return false }
  guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else { return false }
  return !text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
}
