import NIOCore

@testable import Cache

/// One row with a version, read through loads that a test can hold up between the read and the answer.
actor Database {
  struct Unreachable: Error {}

  private(set) var version = 0
  private(set) var loads = 0
  private(set) var sources: [CacheLoadSource] = []
  private var status = 200
  private var size = 0
  private var isReachable = true
  private var isHeld = false
  private var held: [CheckedContinuation<Void, Never>] = []

  func write() { version += 1 }
  func remove() { status = 404 }
  func insert() { status = 200 }
  func pad(to bytes: Int) { size = bytes }
  func disconnect() { isReachable = false }
  func reconnect() { isReachable = true }
  func hold() { isHeld = true }

  func release() {
    isHeld = false
    for continuation in held { continuation.resume() }
    held = []
  }

  func load(_ source: CacheLoadSource) async throws -> CacheLoad {
    loads += 1
    sources.append(source)
    let text = String(version).leftPadded(to: size)
    let load = CacheLoad(
      status: status, body: ByteBuffer(string: text), owner: "anna", lsn: UInt64(100 + version),
      isPrimary: true)
    if isHeld { await withCheckedContinuation { held.append($0) } }
    guard isReachable else { throw Unreachable() }
    return load
  }
}

extension String {
  func leftPadded(to size: Int) -> String {
    String(repeating: "0", count: max(0, size - count)) + self
  }
}
