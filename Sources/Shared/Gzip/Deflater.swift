internal import CZlib
internal import NIOCore

/// One stream of zlib's that compresses, used again and again: its tables of 256 KiB cost more than a small body.
///
/// `@unchecked Sendable`: ``DeflaterPool`` lends it to one caller at a time.
final class Deflater: @unchecked Sendable {
  /// On pages of messages 3 takes half the time of zlib's default, 6, for 5 % more bytes.
  private static let level: Int32 = 3
  private static let memoryLevel: Int32 = 8

  /// At a fixed address: zlib's state points back to it.
  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, Self.level, Z_DEFLATED, z_stream.gzipWindow, Self.memoryLevel, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib has no memory, or another version than its header: \(status)")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func compress(_ plain: ByteBuffer) -> ByteBuffer {
    deflateReset(stream)
    var packed = ByteBuffer()
    let bound = Int(deflateBound(stream, UInt(plain.readableBytes)))
    packed.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { output in
      let status = stream.run(plain, into: output) { deflate($0, Z_FINISH) }
      precondition(status == Z_STREAM_END, "zlib needs more room than it said: \(status)")
      return output.count - Int(stream.pointee.avail_out)
    }
    return packed
  }
}
