import Foundation
import NIOCore
import TestSupport

/// Conversations that come, under an id that was asked for before, and go again.
extension ConsistencyWriter {
  /// Lets one come that is away, or go that is there, and returns when it has: the next version builds on this one.
  func welcome(_ guest: Int, byAPI: Bool) async {
    let presence = Versioned(conversation: guest, part: .presence)
    let version = stage.recorder.beginWrite(of: presence, at: stage.clock.now)
    let isComing = !version.isMultiple(of: 2)
    do {
      let isDone = try await eventually(within: .seconds(60)) {
        if isComing {
          await insert(guest, version)
        } else if byAPI {
          await delete(guest, presence, version)
        } else {
          await deleteByHand(guest)
        }
        return await isThere(guest) == isComing
      }
      if !isDone { stage.recorder.complain("\(presence): version \(version) cannot be written") }
    } catch {
      if !Task.isCancelled { stage.recorder.complain("\(presence): \(error)") }
    }
  }

  /// Postgres may be away, here and below: then it is tried again.
  private func insert(_ guest: Int, _ version: Int) async {
    let user = population.name(ofUser: population.user(of: guest))
    _ = try? await stage.system.rows(
      """
      INSERT INTO conversations (id, user_id, title, metadata)
      VALUES ('\(population.ids[guest])', '\(user)', '\(version)', '{"guest": true}') ON CONFLICT DO NOTHING
      """)
  }

  private func delete(_ guest: Int, _ presence: Versioned, _ version: Int) async {
    guard let program = try? stage.anyAPI().program else { return }
    let user = population.name(ofUser: population.user(of: guest))
    let answer = try? await API(program: program, system: stage.system).client(user)
      .send("DELETE", "/conversations/\(population.ids[guest])", within: .seconds(8))
    guard let answer, answer.status == 204, answer.field("Cache-Status") == nil else { return }
    stage.recorder.confirm(presence, version, at: stage.clock.now)
  }

  private func deleteByHand(_ guest: Int) async {
    _ = try? await stage.system.rows("DELETE FROM conversations WHERE id = '\(population.ids[guest])'")
  }

  private func isThere(_ guest: Int) async -> Bool? {
    let count = try? await stage.system.count(
      "SELECT count(*) FROM conversations WHERE id = '\(population.ids[guest])'")
    return count.map { $0 == 1 }
  }
}
