import Foundation
import NIOConcurrencyHelpers
import NIOCore
import TestSupport

/// Readers over all APIs, and writers by PATCH, webhook, DELETE, and what is typed into `psql`.
struct ConsistencyLoad: Sendable {
  static let users = 4
  static let conversations = 40
  static let guests = 8
  private static let readersPerAPI = 3

  let stage: ConsistencyStage
  let population: Population
  private let pace = NIOLockedValueBox(Pace.calm)

  /// How often is written.
  enum Pace: Sendable {
    /// Once in two hundred reads: each write leaves at least four answers cold.
    case calm
    /// As often as writers get an answer, with a short rest.
    case busy
    case none
  }

  init(_ stage: ConsistencyStage) async throws {
    self.stage = stage
    guard let program = try stage.anyAPI().program else { throw IntegrationError("no API") }
    population = try await Population.register(
      API(program: program, system: stage.system), users: Self.users, conversations: Self.conversations,
      guests: Self.guests)
    for guest in population.guests {
      stage.recorder.add(Versioned(conversation: guest, part: .presence))
    }
    for number in 0..<Self.conversations {
      for part in [Versioned.Part.title, .transcript] {
        stage.recorder.add(Versioned(conversation: number, part: part))
      }
    }
  }

  func set(_ pace: Pace) { self.pace.withLockedValue { $0 = pace } }

  /// Runs `body` under the load; afterwards every accepted event must be settled.
  func run(_ body: () async throws -> Void) async throws {
    let watch = try await SettlementWatch(stage.system.queueRedis)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await watch.run(stage.recorder, stage.clock) }
      for api in stage.apis {
        for _ in 0..<Self.readersPerAPI {
          group.addTask { await ConsistencyReader(stage, population, api).run() }
        }
      }
      for kind in [ConsistencyWriter.Kind.patch, .patch, .webhook(half: 0), .webhook(half: 1), .psql, .guest]
      {
        group.addTask { await ConsistencyWriter(stage, population, kind).run { await rest(kind) } }
      }
      defer { group.cancelAll() }
      try await body()
      set(.none)
      let isSettled = try await eventually(within: .seconds(40)) { stage.recorder.unsettledCount == 0 }
      if !isSettled {
        stage.recorder.complain("\(stage.recorder.unsettledCount) accepted events never settle")
      }
    }
  }

  /// What a writer waits from one write to the next.
  private func rest(_ kind: ConsistencyWriter.Kind) async {
    let reads = stage.recorder.readCount
    while !Task.isCancelled {
      // Ends early only when cancelled, which the loop sees.
      try? await Task.sleep(for: kind.rest)
      switch pace.withLockedValue({ $0 }) {
      case .busy: return
      case .calm: if stage.recorder.readCount - reads >= 1200 { return }
      case .none: break
      }
    }
  }
}
