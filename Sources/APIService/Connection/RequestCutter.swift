import NIOCore

/// Cuts what comes so that no piece reaches beyond the end of a request: then the decoder holds nothing of the next one
/// that nobody else knows of. Where a head or a chunked body may end shows in their empty lines; how they are to be read
/// is the decoder's business alone, and a piece too many does no harm.
struct RequestCutter {
  /// The first byte of the line at hand.
  private var lineStart: UInt8?
  /// Whether a line came that may be a body's last chunk, which begins with a zero. Other empty lines of a body are
  /// its content.
  private var hasLastChunk = false

  /// - Parameters:
  ///   - view: not empty.
  ///   - body: what has come of it, when a body is being received.
  /// - Returns: the length of the next piece.
  mutating func cut(_ view: ByteBufferView, in body: ConnectionProgress.Body?) -> Int {
    if let body, let length = body.length { return min(max(length - body.bytes, 1), view.count) }
    var start = view.startIndex
    while let end = view[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let first = lineStart ?? view[start]
      lineStart = nil
      start = end + 1
      switch first {
      case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
        guard body == nil || hasLastChunk else { continue }
        hasLastChunk = false
        return start - view.startIndex
      case UInt8(ascii: "0"): hasLastChunk = true
      default: break
      }
    }
    if start < view.endIndex, lineStart == nil { lineStart = view[start] }
    return view.count
  }
}
