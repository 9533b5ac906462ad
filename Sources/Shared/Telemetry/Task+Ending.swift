internal import ServiceLifecycle

extension Task where Success == Never, Failure == Never {
  /// Whether what can be left for later is to be left.
  package static var isEnding: Bool { isCancelled || isShuttingDownGracefully }

  /// A wait that a shutdown or a cancellation cuts short; the caller's loop ends by ``isEnding``.
  package static func rest(for duration: Duration) async {
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
  }
}
