import Foundation

/// The case at work, in a file mapped into memory: it is still there when the process crashed over it.
final class FuzzCaseFile {
  private static let size = 64 << 10

  let path: String
  private let memory: UnsafeMutableRawPointer

  init(name: String) throws {
    path = NSTemporaryDirectory() + "/freshet-fuzz-\(name.replacing(" ", with: "-"))-\(getpid()).case"
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0, ftruncate(descriptor, Self.size) == 0 else { throw FuzzFinding(description: path) }
    defer { close(descriptor) }
    let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let memory, memory != MAP_FAILED else { throw FuzzFinding(description: "mmap \(path)") }
    self.memory = memory
  }

  deinit { munmap(memory, Self.size) }

  /// Length, then the bytes.
  func note(_ input: [UInt8]) {
    let count = min(input.count, Self.size - 8)
    memory.storeBytes(of: Int64(count), as: Int64.self)
    input.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      (memory + 8).copyMemory(from: start, byteCount: count)
    }
  }

  /// Nothing crashed.
  func remove() { unlink(path) }
}
