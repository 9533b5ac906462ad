import Foundation
import Testing

extension Integration {
  @Suite("Workers without work")
  struct IdleWorkerTests {
    @Test("A worker with nothing to do sends the queue's Redis at most 3 commands a second")
    func commands() async throws {
      try await LocalSystem.run { system in
        try await system.startWorker()
        // The registration, the first reap and the loading of scripts are over then.
        try await Task.sleep(for: .seconds(2))
        let before = try await system.commandsSent()
        let start = ContinuousClock.now
        try await Task.sleep(for: .seconds(12))
        let sent = try await system.commandsSent() - before
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        #expect(sent > 0)
        #expect(Double(sent) / seconds <= 3)
      }
    }
  }
}

extension LocalSystem {
  /// Commands that came over a connection: those that no script of ours calls.
  fileprivate func commandsSent() async throws -> Int {
    let sent: Set = ["evalsha", "eval", "blpop", "ping", "hello", "auth", "client|setname", "script|load"]
    return try await ask(queueRedis, "INFO", "commandstats").reduce(0) { sum, line in
      // cmdstat_evalsha:calls=12,usec=…
      let parts = line.split(whereSeparator: { ":=,".contains($0) })
      guard parts.count > 2, sent.contains(String(parts[0].dropFirst("cmdstat_".count))) else { return sum }
      return sum + (Int(parts[2]) ?? 0)
    }
  }
}
