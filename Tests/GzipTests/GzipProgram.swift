import Foundation
import NIOCore

/// Debian's `gzip`, which shares nothing with ours.
enum GzipProgram {
  struct Failure: Error { let status: Int32 }

  static func run(_ arguments: [String], _ input: ByteBuffer) throws -> ByteBuffer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip"] + arguments
    let (source, sink) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (source, sink)
    try process.run()
    // Small enough for the pipe's own buffer: nobody has to read meanwhile.
    source.fileHandleForWriting.write(Data(input.readableBytesView))
    try source.fileHandleForWriting.close()
    let output = try sink.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
    return ByteBuffer(bytes: output)
  }
}
