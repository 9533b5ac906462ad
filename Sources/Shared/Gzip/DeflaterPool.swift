internal import NIOConcurrencyHelpers

/// Streams that rest between two uses, as many as there are threads to use them.
final class DeflaterPool: Sendable {
  private static let limit = 8
  private let resting = NIOLockedValueBox<[Deflater]>([])

  func withDeflater<Value>(_ body: (Deflater) -> Value) -> Value {
    let deflater = resting.withLockedValue { $0.popLast() } ?? Deflater()
    defer {
      resting.withLockedValue { resting in
        if resting.count < Self.limit { resting.append(deflater) }
      }
    }
    return body(deflater)
  }
}
