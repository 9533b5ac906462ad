internal import CHiredis
internal import NIOCore

/// Encodes commands as RESP2 by `redisFormatCommandArgv`.
enum RedisCommandEncoder {
  /// What Redis accepts as one argument (`proto-max-bulk-len`), used for the whole command: hiredis counts in
  /// Int32.
  static let maximumBytes = 512 << 20
  /// Redis refuses a command of more arguments.
  static let maximumArguments = 1 << 20

  static func encode(_ command: RedisCommand) throws(RedisError) -> ByteBuffer {
    var buffer = ByteBuffer()
    try append(command, to: &buffer)
    return buffer
  }

  static func encode(_ commands: [RedisCommand]) throws(RedisError) -> ByteBuffer {
    var buffer = ByteBuffer()
    for command in commands { try append(command, to: &buffer) }
    return buffer
  }

  private static func append(_ command: RedisCommand, to buffer: inout ByteBuffer) throws(RedisError) {
    let argumentBytes = command.arguments.reduce(command.name.utf8.count) { $0 + $1.count }
    let count = command.arguments.count + 1
    guard argumentBytes <= maximumBytes, count <= maximumArguments else {
      throw RedisError(.commandTooLarge, "\(command.name) with \(count) words of \(argumentBytes) bytes")
    }
    // hiredis wants all arguments at stable addresses at once, so they are laid end to end.
    withUnsafeTemporaryAllocation(byteCount: max(argumentBytes, 1), alignment: 1) { scratch in
      withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { pointers in
        withUnsafeTemporaryAllocation(of: Int.self, capacity: count) { lengths in
          layOut(command, scratch, pointers, lengths)
          format(pointers, lengths, into: &buffer)
        }
      }
    }
  }

  private static func layOut(
    _ command: RedisCommand, _ scratch: UnsafeMutableRawBufferPointer,
    _ pointers: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>, _ lengths: UnsafeMutableBufferPointer<Int>
  ) {
    var offset = 0
    func place(_ index: Int, _ bytes: some Collection<UInt8>) {
      let target = UnsafeMutableRawBufferPointer(rebasing: scratch[offset..<(offset + bytes.count)])
      target.copyBytes(from: bytes)
      let start = UnsafeRawPointer(scratch.baseAddress.unsafelyUnwrapped + offset)
      pointers.initializeElement(at: index, to: start.assumingMemoryBound(to: CChar.self))
      lengths.initializeElement(at: index, to: bytes.count)
      offset += bytes.count
    }
    place(0, command.name.utf8)
    for (index, argument) in command.arguments.enumerated() {
      switch argument.storage {
      case .string(let string): place(index + 1, string.utf8)
      case .bytes(let bytes): place(index + 1, bytes)
      case .buffer(let buffer): place(index + 1, buffer.readableBytesView)
      }
    }
  }

  private static func format(
    _ pointers: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>, _ lengths: UnsafeMutableBufferPointer<Int>,
    into buffer: inout ByteBuffer
  ) {
    var formatted: UnsafeMutablePointer<CChar>?
    let length = redisFormatCommandArgv(
      &formatted, Int32(pointers.count), pointers.baseAddress, lengths.baseAddress)
    guard length >= 0, let formatted else {
      preconditionFailure("redisFormatCommandArgv: out of memory")
    }
    defer { redisFreeCommand(formatted) }
    buffer.writeBytes(UnsafeRawBufferPointer(start: formatted, count: Int(length)))
  }
}
