import Foundation
import NIOCore
import TestSupport

/// One who reads from one API all the time.
struct ConsistencyReader: Sendable {
  private let stage: ConsistencyStage
  private let population: Population
  private let api: Instance

  init(_ stage: ConsistencyStage, _ population: Population, _ api: Instance) {
    self.stage = stage
    self.population = population
    self.api = api
  }

  /// Until cancelled.
  func run() async {
    var random = stage.randomness()
    // What was got under a tag: an answer 304 says that it still holds.
    var known: [ReadTarget: (tag: String, sightings: [Sighting])] = [:]
    while !Task.isCancelled {
      let target = Self.target(&random)
      let tag = Bool.random(using: &random) ? known[target]?.tag : nil
      if let (answer, began) = await ask(target, tag, takesGzip: Bool.random(using: &random)) {
        if let sightings = record(answer, target, began, tag == nil ? nil : known[target]?.sightings) {
          known[target] = answer.field("ETag").map { ($0, sightings) }
        }
      }
      // Ends early only when cancelled, which the loop sees. Leaves the programs a share of two processors.
      try? await Task.sleep(for: .milliseconds(25))
    }
  }

  /// Few conversations are asked for often, most now and then.
  private static func target(_ random: inout SplitMix64) -> ReadTarget {
    let skewed = Double.random(in: 0..<1, using: &random)
    let number = Int(skewed * skewed * skewed * Double(ConsistencyLoad.conversations))
    let user = number % ConsistencyLoad.users
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return guest(&random)
    case 1..<4: return .conversation(number)
    case 4..<7: return .messages(number)
    case 7..<9: return .list(user: user)
    default: return .history(user: user)
    }
  }

  private static func guest(_ random: inout SplitMix64) -> ReadTarget {
    let first = ConsistencyLoad.conversations
    let number = Int.random(in: first..<(first + ConsistencyLoad.guests), using: &random)
    return Bool.random(using: &random) ? .conversation(number) : .messages(number)
  }

  private func ask(
    _ target: ReadTarget, _ tag: String?, takesGzip: Bool
  ) async -> (answer: Answer, began: Moment)? {
    guard let program = api.program else { return nil }
    let user = population.name(ofUser: target.user(population))
    var client = API(program: program, system: stage.system).client(user)
    client.takesGzip = takesGzip
    let began = stage.clock.now
    do {
      let headers = tag.map { ["If-None-Match": $0] } ?? [:]
      return (try await client.get(target.path(population), headers, within: .seconds(7)), began)
    } catch {
      // Whoever was killed or frozen meanwhile need not answer, nor one whose reader goes home.
      if api.program?.base == program.base, !Task.isCancelled {
        stage.recorder.fail(0, "\(api.name) \(target): \(error)", at: began)
      }
      return nil
    }
  }

  /// - Parameter known: what the tag that was sent stands for.
  /// - Returns: what was seen, unless there was no answer.
  private func record(
    _ answer: Answer, _ target: ReadTarget, _ began: Moment, _ known: [Sighting]?
  ) -> [Sighting]? {
    let origin = "\(api.name) \(target) \(answer.status) \(answer.field("Cache-Status") ?? "")"
    guard answer.status < 500 else {
      stage.recorder.fail(answer.status, origin, at: began)
      return nil
    }
    do {
      guard [200, 304, 404].contains(answer.status) else { throw IntegrationError("\(answer)") }
      let sightings = try answer.status == 304 ? known : target.sightings(answer, population)
      guard let sightings else { throw IntegrationError("304 without a question") }
      let read = ReadRecord(began: began, ended: stage.clock.now, sightings: sightings, origin: origin)
      stage.recorder.append(read, answer, from: api.name)
      return sightings
    } catch {
      stage.recorder.complain("\(origin): \(error)")
      return nil
    }
  }
}
