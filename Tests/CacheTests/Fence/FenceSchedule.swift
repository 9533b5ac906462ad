import NIOCore
import Testing

@testable import Cache

/// An order of events that shows one fault of the fence, for those that chance seldom meets. The fence as it is passes it.
struct FenceSchedule: Sendable, CustomTestStringConvertible {
  let name: String
  let play: @Sendable (inout FenceModel) async throws -> Void

  var testDescription: String { name }

  static let all: [FenceSchedule] = [
    .pauseBeforeSending, .takeoverBeforeSending, .pauseInSnapshot, .youngRow,
  ]

  static let pauseBeforeSending = FenceSchedule(name: "a relay that is stopped right before it vouches") {
    try await $0.fillUnderTrust(at: 1_000)
    var relay = $0.relays[0]
    $0.now = 2_000
    repeat { _ = try await relay.step(&$0) } while !relay.isAboutToVouch
    $0.loseWrite(at: 2_100)
    $0.now = 6_000
    try await $0.finish(&relay)
    try await $0.read(at: 8_000)
  }

  static let takeoverBeforeSending = FenceSchedule(
    name: "a server that takes over right before a relay vouches"
  ) {
    try await $0.fillUnderTrust(at: 1_000)
    try await $0.copy(from: 0, to: 1)
    $0.loseWrite(at: 1_600)
    var relay = FenceRelay(id: 0, route: FencePlan.Route(moves: [(at: 3_000, node: 1)]))
    $0.now = 2_000
    repeat { _ = try await relay.step(&$0) } while !relay.isAboutToVouch
    $0.now = 3_000
    try await $0.finish(&relay)
    try await $0.read(at: 6_700, on: 1)
  }

  static let pauseInSnapshot = FenceSchedule(name: "a relay that is stopped right after it has read the rows")
  {
    try await $0.fillUnderTrust(at: 1_000)
    var relay = $0.relays[0]
    $0.now = 2_000
    repeat { _ = try await relay.step(&$0) } while !relay.hasRead
    $0.loseWrite(at: 2_001)
    $0.now = 4_000
    try await $0.finish(&relay)
    try await $0.read(at: 8_000)
  }

  static let youngRow = FenceSchedule(name: "a row that is left to its writer, who has died") {
    try await $0.fillUnderTrust(at: 1_000)
    $0.loseWrite(at: 2_000)
    $0.now = 2_100
    var relay = $0.relays[0]
    try await $0.finish(&relay)
    try await $0.read(at: 7_050)
  }
}

extension FenceModel {
  fileprivate mutating func finish(_ relay: inout FenceRelay) async throws {
    while try await relay.step(&self) {}
  }

  fileprivate mutating func fillUnderTrust(at moment: UInt64) async throws {
    now = moment
    var relay = relays[0]
    try await finish(&relay)
    guard case .lease(let lease) = try await acquire(0, on: 0) else { preconditionFailure("no lease") }
    try await fill(0, lease, load(0, lease, replica: false), on: 0)
  }

  /// A transaction whose writer dies with it.
  fileprivate mutating func loseWrite(at moment: UInt64) {
    now = moment
    database.commit(database.write(0, at: moment), at: moment)
  }

  fileprivate mutating func read(at moment: UInt64, on node: Int = 0) async throws {
    now = moment
    tally.reads += 1
    if case .hit(let hit) = try await look(0, on: node) {
      serve(hit.value.version, 0, required: required(0), on: node)
    }
  }
}
