import Foundation
import NIOCore
import TestSupport

/// One who writes, always in the same way.
struct ConsistencyWriter: Sendable {
  enum Kind: Sendable {
    case patch
    /// To every other conversation: the events of one are sent in their order.
    case webhook(half: Int)
    case psql
    /// Conversations come by `psql` and go by DELETE, or by `psql` again.
    case guest

    /// The least that lies between two writes.
    var rest: Duration {
      switch self {
      case .patch, .webhook: .milliseconds(200)
      case .psql, .guest: .milliseconds(400)
      }
    }
  }

  let stage: ConsistencyStage
  let population: Population
  private let kind: Kind

  init(_ stage: ConsistencyStage, _ population: Population, _ kind: Kind) {
    self.stage = stage
    self.population = population
    self.kind = kind
  }

  /// Until cancelled, with a rest before each write.
  func run(_ rest: () async -> Void) async {
    var random = stage.randomness()
    while true {
      await rest()
      if Task.isCancelled { return }
      let skewed = Double.random(in: 0..<1, using: &random)
      let number = Int(skewed * skewed * Double(ConsistencyLoad.conversations))
      switch kind {
      case .patch: await patch(number)
      case .webhook(let half): await send(number / 2 * 2 + half)
      case .psql: await type(number)
      case .guest:
        if let guest = population.guests.randomElement(using: &random) {
          await welcome(guest, byAPI: Bool.random(using: &random))
        }
      }
    }
  }

  private func patch(_ number: Int) async {
    guard let api = try? stage.anyAPI(), let program = api.program else { return }
    let title = Versioned(conversation: number, part: .title)
    let version = stage.recorder.beginWrite(of: title, at: stage.clock.now)
    let user = population.name(ofUser: population.user(of: number))
    let client = API(program: program, system: stage.system).client(user)
    let origin = "\(api.name) PATCH \(number)"
    do {
      let path = "/conversations/\(population.ids[number])"
      let answer = try await client.patch(path, ["title": "\(version)"], within: .seconds(8))
      switch (answer.status, answer.field("Cache-Status")) {
      case (200, nil): stage.recorder.confirm(title, version, at: stage.clock.now)
      case (200, "redis; detail=invalidation-pending"): break
      case (500..., _): stage.recorder.fail(answer.status, origin, at: stage.clock.now)
      default: stage.recorder.complain("\(origin): \(answer)")
      }
    } catch {
      if api.program?.base == program.base, !Task.isCancelled {
        stage.recorder.fail(0, "\(origin): \(error)", at: stage.clock.now)
      }
    }
  }

  /// Sends a transcript again and again until it is accepted, as the provider does.
  private func send(_ number: Int) async {
    let transcript = Versioned(conversation: number, part: .transcript)
    let version = stage.recorder.beginWrite(of: transcript, at: stage.clock.now)
    do {
      let event = try ProviderEvent.transcript(
        population.externalID(of: number), ReadTarget.entries(version), at: version)
      stage.recorder.expectSettlement(of: LocalSystem.eventID(of: event), transcript, version)
      let isAccepted = try await eventually(within: .seconds(60)) { await offer(event) }
      if !isAccepted { stage.recorder.complain("an event of \(transcript) is never accepted") }
    } catch {
      if !Task.isCancelled { stage.recorder.complain("\(transcript): \(error)") }
    }
  }

  private func offer(_ event: Data) async -> Bool {
    guard let program = try? stage.anyAPI().program else { return false }
    // A time-out or a lost connection is as good as a refusal: the event is sent again.
    let answer = try? await API(program: program, system: stage.system).post(event, within: .seconds(3))
    if answer?.status == 202 { return true }
    // Ends early only when cancelled.
    try? await Task.sleep(for: .milliseconds(100))
    return false
  }

  private func type(_ number: Int) async {
    let title = Versioned(conversation: number, part: .title)
    let version = stage.recorder.beginWrite(of: title, at: stage.clock.now)
    // Postgres may be away; the audit tells what was committed.
    _ = try? await stage.system.rows(
      "UPDATE conversations SET title = '\(version)' WHERE id = '\(population.ids[number])'")
  }
}
