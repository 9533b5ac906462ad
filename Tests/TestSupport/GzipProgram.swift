package import Foundation

/// Debian's `gzip`, which shares nothing with the product's.
package enum GzipProgram {
  package struct Failure: Error { package let status: Int32 }

  /// Runs it on a few kilobytes.
  package static func run(_ arguments: [String], _ input: Data) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip"] + arguments
    let (source, sink) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (source, sink)
    try process.run()
    // Small enough for the pipe's own buffer: nobody has to read meanwhile.
    source.fileHandleForWriting.write(input)
    try source.fileHandleForWriting.close()
    let output = try sink.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
    return output
  }
}
