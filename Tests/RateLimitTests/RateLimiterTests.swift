import Cache
import Conversations
import Keyspace
import NIOConcurrencyHelpers
import Redis
import TestSupport
import Testing

@testable import RateLimit

@Suite("Rate limiter")
struct RateLimiterTests {
  private static func admitted(_ limiter: RateLimiter, _ subject: RateSubject, of count: Int) async throws
    -> Int
  {
    var admitted = 0
    for _ in 0..<count {
      do {
        try await limiter.ticket(for: subject).pass()
        admitted += 1
      } catch let error as RateLimitError where error.code == .exceeded {}
    }
    return admitted
  }

  @Test("Each subject has its own limit, whatever it is called")
  func subjects() async throws {
    try await RateRig.with { rig in
      let limiter = rig.limiter(Quota(requests: 2, windowSeconds: 60))
      let subjects: [RateSubject] = [
        rig.subject, .service(.init(stored: "auth0|somebody")), .address("auth0|somebody"),
        .webhook("auth0|somebody"), .user(.init(stored: "auth0|somebodY")),
        .user(.init(stored: "user:x:log")),
      ]
      for subject in subjects {
        let admitted = try await Self.admitted(limiter, subject, of: 4)
        #expect(admitted == 2)
      }
    }
  }

  @Test("A ticket is passed once, and knows what was decided")
  func ticket() async throws {
    try await RateRig.with { rig in
      let limiter = rig.limiter(Quota(requests: 2, windowSeconds: 60))
      let first = limiter.ticket(for: rig.subject)
      #expect(first.decision == nil)
      for _ in 0..<3 { try await first.pass() }
      #expect(first.decision?.remaining == 1)
      try await limiter.ticket(for: rig.subject).pass()
      let refused = limiter.ticket(for: rig.subject)
      await #expect(throws: RateLimitError.self) { try await refused.pass() }
      let decision = try #require(refused.decision)
      #expect(!decision.isAdmitted && (59...60).contains(decision.wait / .seconds(1)))
    }
  }

  @Test("Many at once, over several clients: exactly the limit is admitted", arguments: [50, 600])
  func concurrency(requests: Int) async throws {
    let quota = Quota(requests: requests, windowSeconds: 600)
    try await RateRig.with { first in
      try await RateRig.with { second in
        let keys = first.keys
        let limiters = [first, second].map { RateLimiter(quota, cache: $0.cache, keys: keys) }
        let admitted = NIOLockedValueBox(0)
        try await withThrowingTaskGroup { group in
          for worker in 0..<8 {
            group.addTask {
              let count = try await Self.admitted(limiters[worker % 2], first.subject, of: requests / 4)
              admitted.withLockedValue { $0 += count }
            }
          }
          try await group.waitForAll()
        }
        #expect(admitted.withLockedValue { $0 } == requests)
      }
    }
  }

  @Test("Without Redis each instance counts for itself, admits all, or refuses all")
  func storeError() async throws {
    let server = try await RedisServer.start()
    try await RateRig.with(url: server.url) { rig in
      try await server.stop()
      #expect(try await eventually { !rig.redis.isConnected })
      let quota = Quota(requests: 3, windowSeconds: 60)
      let events = NIOLockedValueBox<[RateLimiter.Event]>([])
      let local = rig.limiter(quota) { event in events.withLockedValue { $0.append(event) } }
      #expect(try await Self.admitted(local, rig.subject, of: 5) == 3)
      #expect(try await Self.admitted(local, .address("another"), of: 1) == 1)
      let told = events.withLockedValue { $0 }
      #expect(told.filter { $0 == .storeFailed }.count == 6)
      #expect(told.filter { $0 == .refused }.count == 2)
      let open = rig.limiter(quota, onStoreError: .allow).ticket(for: rig.subject)
      try await open.pass()
      #expect(open.decision == nil)
      let closed = rig.limiter(quota, onStoreError: .deny)
      await #expect(throws: RateLimitError.notCounted) { try await closed.ticket(for: rig.subject).pass() }
    }
  }

  @Test("A Redis that does not answer costs the first requests its budget, and then none")
  func blackHole() async throws {
    let server = try await RedisServer.start()
    let proxy = try await TCPProxy.start(to: server.port)
    try await RateRig.with(url: "redis://127.0.0.1:\(proxy.port)", budget: .milliseconds(50)) { rig in
      try await proxy.blackHole()
      let limiter = rig.limiter(Quota(requests: 1000, windowSeconds: 60))
      for _ in 0..<20 { try await limiter.ticket(for: rig.subject).pass() }
      let start = ContinuousClock.now
      for _ in 0..<200 { try await limiter.ticket(for: rig.subject).pass() }
      // Two hundred budgets would be ten seconds.
      #expect(ContinuousClock.now - start < .seconds(1))
      try await proxy.forward()
      let events = NIOLockedValueBox<[RateLimiter.Event]>([])
      let again = rig.limiter(Quota(requests: 1000, windowSeconds: 60)) { event in
        events.withLockedValue { $0.append(event) }
      }
      let isBack = try await eventually {
        events.withLockedValue { $0 = [] }
        try await again.ticket(for: rig.subject).pass()
        return events.withLockedValue { $0 } == [.admitted]
      }
      #expect(isBack)
    }
    try await server.kill()
  }

  @Test("A Redis that stops answering leaves nobody more than it said was left", arguments: [5, 600])
  func lastWord(requests: Int) async throws {
    let server = try await RedisServer.start()
    let proxy = try await TCPProxy.start(to: server.port)
    try await RateRig.with(url: "redis://127.0.0.1:\(proxy.port)", budget: .milliseconds(200)) { rig in
      let limiter = rig.limiter(Quota(requests: requests, windowSeconds: 600))
      #expect(try await Self.admitted(limiter, rig.subject, of: requests - 2) == requests - 2)
      try await proxy.blackHole()
      #expect(try await Self.admitted(limiter, rig.subject, of: 4) == 2)
      #expect(try await Self.admitted(limiter, .address("another"), of: 2) == 2)
    }
    try await server.kill()
  }

  @Test("A full Redis takes no note of requests, and each instance counts for itself")
  func full() async throws {
    let server = try await RedisServer.start(arguments: [
      "--maxmemory", "1", "--maxmemory-policy", "noeviction",
    ])
    try await RateRig.with(url: server.url) { rig in
      for requests in [2, 501] {
        let events = NIOLockedValueBox<[RateLimiter.Event]>([])
        let limiter = rig.limiter(Quota(requests: requests, windowSeconds: 60)) { event in
          events.withLockedValue { $0.append(event) }
        }
        let admitted = try await Self.admitted(limiter, rig.subject, of: requests + 1)
        #expect(admitted == requests)
        #expect(events.withLockedValue { $0.filter { $0 == .storeFailed }.count } == requests + 1)
      }
    }
    try await server.stop()
  }
}
