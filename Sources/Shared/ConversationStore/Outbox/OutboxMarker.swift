import NIOConcurrencyHelpers
import ServiceLifecycle
import Telemetry

/// Notes in the outbox what writers invalidated themselves, so that the relay need not do it again.
///
/// Off the writers' path: what cannot be noted, because there is too much of it or the database is away, is dropped.
package final class OutboxMarker: Service {
  /// Long enough for a batch, short enough for the relay's grace.
  private static let delay = Duration.milliseconds(50)
  private static let capacity = 20_000
  private static let batch = 2000

  private let outbox: Outbox
  private let pending = NIOLockedValueBox<[(id: Int64, server: String)]>([])
  private let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  init(_ outbox: Outbox) { self.outbox = outbox }

  /// Never waits.
  func note(_ rows: [OutboxRow], by server: String) {
    guard !rows.isEmpty else { return }
    pending.withLockedValue { pending in
      guard pending.count + rows.count <= Self.capacity else { return }
      pending += rows.map { ($0.id, server) }
    }
    signal.yield()
  }

  package func run() async {
    for await _ in signals.cancelOnGracefulShutdown() {
      await Task.rest(for: Self.delay)
      await flush()
    }
    await flush()
  }

  private func flush() async {
    let noted = pending.withLockedValue { pending in
      defer { pending = [] }
      return pending
    }
    for (server, rows) in Dictionary(grouping: noted, by: \.server) {
      var ids = rows.map(\.id)[...]
      while !ids.isEmpty {
        // The relay does again what is not marked.
        try? await outbox.mark(Array(ids.prefix(Self.batch)), by: server)
        ids = ids.dropFirst(Self.batch)
      }
    }
  }
}
