internal import CZlib
internal import NIOCore

extension z_stream {
  /// The largest window, and 16 to say gzip.
  static let gzipWindow: Int32 = 15 + 16
}

extension UnsafeMutablePointer<z_stream> {
  /// Has `call` take all of the input and fill the output, neither of which zlib keeps a pointer to.
  func run(
    _ input: ByteBuffer, into output: UnsafeMutableRawBufferPointer,
    _ call: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> Int32 {
    input.withUnsafeReadableBytes { input in
      // zlib's header lacks a const: the input is only read.
      pointee.next_in = UnsafeMutablePointer<Bytef>(
        mutating: input.assumingMemoryBound(to: Bytef.self).baseAddress)
      pointee.avail_in = UInt32(input.count)
      pointee.next_out = output.assumingMemoryBound(to: Bytef.self).baseAddress
      pointee.avail_out = UInt32(output.count)
      defer { (pointee.next_in, pointee.next_out) = (nil, nil) }
      return call(self)
    }
  }
}
