import NIOConcurrencyHelpers

/// Numbers for things that must differ.
final class Counter: Sendable {
  private let value = NIOLockedValueBox(0)

  var last: Int { value.withLockedValue { $0 } }

  func next() -> Int {
    value.withLockedValue { value in
      value += 1
      return value
    }
  }
}
