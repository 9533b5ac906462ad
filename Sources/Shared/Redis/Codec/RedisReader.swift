internal import CHiredis
package import NIOCore

/// Turns the bytes of one connection into replies; owns one `redisReader`.
///
/// Not `Sendable`: it lives on its connection's event loop. An error is final, the connection must be closed.
package final class RedisReader {
  /// hiredis moves what is left of its buffer after each reply it hands out: fed with 256 KB at once a small
  /// reply costs 2,364 ns, fed with 4 KB 118 ns. A large bulk is looked at only once per slice.
  private static let sliceLength = 4096
  /// Longer than any status, error or length line, which hiredis would search again from its start at each
  /// slice.
  private static let maximumLineLength = 64 << 10

  private let handle: UnsafeMutablePointer<redisReader>
  private let builder = RedisReplyBuilder()
  private let maximumReplyBytes: Int
  private var unfed = ByteBuffer()
  private var bytesOfCurrentReply = 0

  /// - Parameter maximumReplyBytes: a longer reply is an error.
  package init(maximumReplyBytes: Int) {
    guard let handle = redisReaderCreateWithFunctions(RedisReplyBuilder.functions) else {
      preconditionFailure("redisReaderCreateWithFunctions: out of memory")
    }
    handle.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    self.handle = handle
    self.maximumReplyBytes = maximumReplyBytes
  }

  deinit {
    redisReaderFree(handle)
  }

  /// Adds received bytes; ``next()`` parses them.
  package func append(_ received: ByteBuffer) {
    if unfed.readableBytes == 0 {
      unfed = received
    } else {
      unfed.writeImmutableBuffer(received)
    }
  }

  /// The next whole reply, or nil when the bytes are used up.
  package func next() throws(RedisError) -> RedisReply? {
    while true {
      if let reply = try parse() {
        bytesOfCurrentReply = 0
        return reply
      }
      guard unfed.readableBytes > 0 else { return nil }
      try feedSlice()
    }
  }

  private func parse() throws(RedisError) -> RedisReply? {
    var object: UnsafeMutableRawPointer?
    guard redisReaderGetReply(handle, &object) == REDIS_OK else { throw violation(errorText) }
    return object == nil ? nil : builder.take()
  }

  private func feedSlice() throws(RedisError) {
    guard bytesOfCurrentReply <= maximumReplyBytes else {
      throw violation("a reply of more than \(maximumReplyBytes) bytes")
    }
    guard !isInsideOverlongLine else {
      throw violation("a line of more than \(Self.maximumLineLength) bytes")
    }
    let length = min(unfed.readableBytes, Self.sliceLength)
    let result = unfed.readWithUnsafeReadableBytes { bytes in
      (length, redisReaderFeed(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), length))
    }
    guard result == REDIS_OK else { throw violation(errorText) }
    bytesOfCurrentReply += length
  }

  /// Only the body of a bulk may fill the buffer, and then its length line ends within the first bytes.
  private var isInsideOverlongLine: Bool {
    let position = handle.pointee.pos
    let waiting = handle.pointee.len - position
    guard waiting > Self.maximumLineLength, let buffer = handle.pointee.buf else { return false }
    let lengthLine = UnsafeRawBufferPointer(start: buffer + position, count: 32)
    return currentType != REDIS_REPLY_STRING || !lengthLine.contains(UInt8(ascii: "\r"))
  }

  private var currentType: Int32 {
    let index = Int(handle.pointee.ridx)
    return withUnsafeBytes(of: &handle.pointee.rstack) { stack in
      stack.bindMemory(to: redisReadTask.self)[index].type
    }
  }

  private var errorText: String {
    withUnsafeBytes(of: &handle.pointee.errstr) { text in
      String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private func violation(_ detail: String) -> RedisError { RedisError(.protocolViolation, detail) }
}
