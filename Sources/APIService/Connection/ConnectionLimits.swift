import NIOCore
import NIOHTTP1

/// How much a connection may send, and how long it may take.
struct ConnectionLimits: Sendable {
  /// A longer target is a 414.
  var targetBytes = 8 << 10
  /// Names and values of all header fields; more is a 431.
  var headerBytes = 16 << 10
  /// More fields are a 431 too.
  var headerFields = 256

  /// A connection that asks nothing is closed.
  var idle: TimeAmount = .seconds(60)
  /// From a head's first byte to its last.
  var head: TimeAmount = .seconds(10)
  /// Between two pieces of a body.
  var bodySilence: TimeAmount = .seconds(10)
  /// For a whole body, however it drips; what comes faster than ``bodyBytesPerSecond`` gets longer.
  var body: TimeAmount = .seconds(30)
  var bodyBytesPerSecond = 256 << 10

  /// So much of a body that its request was answered without is read and dropped, so that its connection can be used on.
  /// With more to come, or nobody knows how much, the connection ends with the answer.
  var droppedBytes = 8 << 20

  /// After the last answer, for what a client still sends: closing at once would take the answer from it.
  var linger: TimeAmount = .seconds(30)
  /// The same, since it last sent something.
  var lingerSilence: TimeAmount = .seconds(5)
  /// A client that takes nothing of its answer for so long is gone.
  var stall: TimeAmount = .seconds(30)

  /// What the decoder is told. It knows no target, so that it has to let through what we refuse.
  var decoder: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = headerBytes
    limits.maxHeaderListSize = targetBytes + headerBytes
    limits.maxHeaderFieldCount = headerFields
    return limits
  }

  /// When a body of which so much has come must be complete.
  func bodyEnd(since start: NIODeadline, received bytes: Int) -> NIODeadline {
    start + max(body, .seconds(Int64(bytes / bodyBytesPerSecond)))
  }
}
