import Foundation

/// Swift Testing keeps a backtrace of each error that is thrown until the test is over: some 50 MB of a million cases, and
/// a good part of their time. Nobody asks for those of errors that are caught; while one of these lives none are taken.
final class UnseenErrors {
  private typealias Hook = UnsafeMutablePointer<UnsafeRawPointer?>

  /// The runtime's, called where an error is thrown by `throws` and by `throws(E)`.
  private let hooks: [(hook: Hook, look: UnsafeRawPointer?)]

  init() {
    hooks = ["_swift_willThrow", "_swift_willThrowTypedImpl"].compactMap { name in
      guard let hook = dlsym(nil, name)?.assumingMemoryBound(to: UnsafeRawPointer?.self) else { return nil }
      defer { hook.pointee = nil }
      return (hook, hook.pointee)
    }
  }

  func end() { for (hook, look) in hooks { hook.pointee = look } }
}
