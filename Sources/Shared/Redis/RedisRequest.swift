package import NIOCore

/// Commands that are encoded already: to be sent again and again, or with parts of them exchanged.
package struct RedisRequest: Sendable {
  /// As they go over the wire.
  package private(set) var bytes: ByteBuffer
  /// The number of commands, and so of replies.
  package private(set) var commands: Int

  /// - Throws: ``RedisError/Code/commandTooLarge``.
  package init(_ commands: [RedisCommand]) throws(RedisError) {
    bytes = try RedisCommandEncoder.encode(commands)
    self.commands = commands.count
  }

  /// What the closure writes, as so many commands.
  package init(bytes: ByteBuffer, commands: Int) {
    self.bytes = bytes
    self.commands = commands
  }

  /// Adds the commands of another request behind its own.
  package mutating func append(_ other: RedisRequest) {
    bytes.writeImmutableBuffer(other.bytes)
    commands += other.commands
  }
}
