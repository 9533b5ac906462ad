package import NIOCore

/// One argument of a command: any bytes at all.
package struct RedisArgument: Sendable, Hashable {
  /// Kept as given, so that no caller pays for a copy before the one into the request.
  enum Storage: Sendable, Hashable {
    case string(String)
    case bytes([UInt8])
    case buffer(ByteBuffer)
  }

  let storage: Storage

  /// The string's UTF-8.
  package init(_ string: String) { storage = .string(string) }
  package init(_ bytes: [UInt8]) { storage = .bytes(bytes) }
  /// The buffer's readable bytes.
  package init(_ buffer: ByteBuffer) { storage = .buffer(buffer) }
  /// Decimal digits.
  package init(_ integer: some BinaryInteger) { storage = .string(String(integer)) }

  var count: Int {
    switch storage {
    case .string(let string): string.utf8.count
    case .bytes(let bytes): bytes.count
    case .buffer(let buffer): buffer.readableBytes
    }
  }
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  package init(stringLiteral value: String) { self.init(value) }
}

extension RedisArgument: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int64) { self.init(value) }
}

/// One command with its arguments, as yet neither encoded nor sent.
///
/// Commands that block (`BLPOP`) or change the connection (`SELECT`, `SUBSCRIBE`, `MULTI`) belong on a
/// dedicated connection: on a shared one they would hold up or change everybody else's.
package struct RedisCommand: Sendable, Hashable {
  /// The command's name, `GET`.
  package let name: String
  /// What follows the name.
  package let arguments: [RedisArgument]

  package init(_ name: String, _ arguments: [RedisArgument]) {
    self.name = name
    self.arguments = arguments
  }

  package init(_ name: String, _ arguments: RedisArgument...) {
    self.init(name, arguments)
  }
}
