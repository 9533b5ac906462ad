internal import CZlib
internal import NIOCore

/// One stream of zlib's that unpacks, for one use: unlike ``Deflater``, it costs little.
struct Inflater: ~Copyable {
  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(
      stream, z_stream.gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib has no memory, or another version than its header: \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Nil unless the bytes are one whole member of exactly this plain length; zlib compares the checksum.
  consuming func decompress(_ packed: ByteBuffer, to length: Int) -> ByteBuffer? {
    var plain = ByteBuffer()
    var isWhole = false
    plain.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { output in
      // The buffer may have more room than was asked for; one byte too many is damage.
      let room = UnsafeMutableRawBufferPointer(rebasing: output.prefix(length))
      let status = stream.run(packed, into: room) { inflate($0, Z_FINISH) }
      isWhole = status == Z_STREAM_END && stream.pointee.avail_in == 0 && stream.pointee.avail_out == 0
      return isWhole ? length : 0
    }
    return isWhole ? plain : nil
  }
}
