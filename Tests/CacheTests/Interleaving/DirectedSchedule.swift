import Testing

@testable import Cache

/// An order of events that shows one fault, for those that chance seldom meets. The protocol as it is passes it.
struct DirectedSchedule: Sendable, CustomTestStringConvertible {
  let name: String
  let play: @Sendable (inout InterleavingModel) async throws -> Void

  var testDescription: String { name }

  static let all: [DirectedSchedule] = [
    .impatientWait, .lostReply, .slowLoad, .slowWait, .unknownAfterKnown, .knownAfterUnknown,
    .lateInvalidation, .simpleWrite, .earlySample, .lateSample, .earlyRelay,
  ]

  static let impatientWait = DirectedSchedule(name: "whoever waits too long behind a lagging replica") {
    try await $0.write()
    var holder = $0.reader()
    try await $0.advance(&holder, to: .sampling)
    $0.odds.impatience = 100
    try await $0.read(process: 1)
  }

  static let lostReply = DirectedSchedule(name: "an invalidation sent again after the next one") {
    try await $0.read()
    $0.odds.resend = 100
    var writer = ModelWriter()
    try await $0.finish(&writer)
    $0.odds.resend = 0
    // Fills under the new epoch, which the repeat is not to bring back.
    var reader = $0.reader()
    try await $0.finish(&reader)
    try await $0.settleFills()
    try await $0.write()
    try await $0.settle()
    try await $0.read()
  }

  static let slowLoad = DirectedSchedule(name: "a load that a write overtakes") {
    var slow = $0.reader()
    try await $0.advance(&slow, to: .landing)
    try await $0.write()
    var next = $0.reader()
    try await $0.advance(&next, to: .joined)
    try await $0.finish(&slow)
    try await $0.finish(&next)
  }

  static let slowWait = DirectedSchedule(name: "a wait that a write overtakes") {
    var holder = $0.reader(process: 1)
    try await $0.advance(&holder, to: .sampling)
    $0.odds.impatience = 100
    var waiting = $0.reader()
    try await $0.advance(&waiting, to: .answering)
    $0.odds.impatience = 0
    try await $0.write()
    var next = $0.reader(process: 1)
    try await $0.advance(&next, to: .sampling)
    var late = $0.reader()
    try await $0.advance(&late, to: .joined)
    try await $0.finish(&waiting)
    try await $0.finish(&late)
  }

  static let unknownAfterKnown = DirectedSchedule(name: "a write of unknown LSN while the floor is known") {
    try await $0.read()
    $0.odds.unknownLSN = 100
    try await $0.write()
    $0.odds.replicaRead = 100
    try await $0.read()
  }

  static let knownAfterUnknown = DirectedSchedule(name: "an earlier LSN after a later, unknown one") {
    try await $0.read()
    var early = ModelWriter()
    try await $0.advance(&early, to: .invalidating)
    $0.database.replay()
    $0.odds.unknownLSN = 100
    try await $0.write()
    try await $0.finish(&early)
    $0.odds.replicaRead = 100
    try await $0.read()
  }

  static let lateInvalidation = DirectedSchedule(name: "an earlier LSN after a later one") {
    try await $0.read()
    var early = ModelWriter()
    try await $0.advance(&early, to: .invalidating)
    $0.database.replay()
    try await $0.write()
    try await $0.finish(&early)
    $0.odds.replicaRead = 100
    try await $0.read()
  }

  static let simpleWrite = DirectedSchedule(name: "a write, and then a read while the replica lags") {
    try await $0.read()
    try await $0.write()
    $0.odds.replicaRead = 100
    try await $0.read()
  }

  static let earlySample = DirectedSchedule(name: "a reader that came before the write it shows") {
    var reader = $0.reader()
    try await $0.write()
    try await $0.finish(&reader)
    try await $0.settle()
    try await $0.delete([$0.entries[0].valueKey])
    $0.odds.replicaRead = 100
    try await $0.read()
  }

  static let lateSample = DirectedSchedule(name: "a replica that replays the write during a read") {
    try await $0.read()
    try await $0.write()
    $0.odds.replicaRead = 100
    var reader = $0.reader()
    try await $0.advance(&reader, to: .reading)
    $0.database.replay()
    try await $0.finish(&reader)
  }

  static let earlyRelay = DirectedSchedule(name: "a write that dies while the relay begins its tick") {
    try await $0.read()
    var relay = ModelRelay()
    try await relay.step(&$0)
    $0.odds.writerDeath = 100
    try await $0.write()
    repeat { try await relay.step(&$0) } while !relay.isResting
    $0.odds.replicaRead = 100
    try await $0.read()
  }
}
