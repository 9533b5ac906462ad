package import NIOCore

/// One RESP2 reply, with the bytes Redis sent and nothing decoded.
package enum RedisReply: Sendable, Equatable {
  case null
  case integer(Int64)
  /// A simple string such as `OK`.
  case status(String)
  case bulk(ByteBuffer)
  case array([RedisReply])
  /// An error line, beginning with its prefix: `NOSCRIPT No matching script.`
  case error(String)
}

extension RedisReply {
  /// Whether this is the nil bulk or the nil array.
  package var isNull: Bool { self == .null }

  /// The text of a bulk, status or integer; bytes that are not UTF-8 are repaired. Nil for all else.
  package var string: String? {
    switch self {
    case .bulk(let buffer): String(buffer: buffer)
    case .status(let text): text
    case .integer(let value): String(value)
    case .null, .array, .error: nil
    }
  }

  /// The bytes of a bulk, shared and not copied; nil for all else.
  package var bytes: ByteBuffer? {
    if case .bulk(let buffer) = self { buffer } else { nil }
  }

  /// An integer reply, or a bulk or status that is a decimal integer (`TIME`, counters, Lua strings).
  package var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .bulk, .status: string.flatMap { Int64($0) }
    case .null, .array, .error: nil
    }
  }

  /// The elements of an array; nil for all else, the nil array included.
  package var array: [RedisReply]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The error this reply is; nil for every reply that is none.
  package var error: RedisError? {
    if case .error(let line) = self { RedisError(.serverError, line) } else { nil }
  }

  /// The reply itself, or its error thrown.
  package func get() throws(RedisError) -> RedisReply {
    if let error { throw error }
    return self
  }
}
