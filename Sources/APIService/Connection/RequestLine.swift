import NIOCore

/// As much of a request's first line as has come: the decoder does not say what was too long, or which method it does
/// not know.
struct RequestLine {
  private(set) var bytes = 0
  private var isComplete = false
  private var last: UInt8 = 0
  /// Whether it begins with a word and a space, as every request does.
  private(set) var hasMethod = false

  /// The next bytes.
  mutating func read(_ view: ByteBufferView) {
    guard !isComplete else { return }
    if bytes == 0 { hasMethod = Self.beginsWithWord(view) }
    let end = view.firstIndex(of: UInt8(ascii: "\n"))
    let part = view[..<(end ?? view.endIndex)]
    bytes += part.count
    last = part.last ?? last
    isComplete = end != nil
  }

  /// Whether it ends as lines of HTTP do not.
  var hasBareEnd: Bool { isComplete && last != UInt8(ascii: "\r") }

  /// Line ends between requests, which old clients send, begin none.
  static func isBlank(_ view: ByteBufferView) -> Bool {
    view.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
  }

  private static func beginsWithWord(_ view: ByteBufferView) -> Bool {
    let word = view.prefix(33).prefix { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    return !word.isEmpty && word.endIndex < view.endIndex && view[word.endIndex] == UInt8(ascii: " ")
  }
}
