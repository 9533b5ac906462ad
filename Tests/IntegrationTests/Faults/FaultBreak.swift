import Foundation
import TestSupport

/// A fault built into the product on purpose; the scenario that is there for it must notice.
enum FaultBreak: String, CaseIterable, Sendable, CustomStringConvertible {
  case settleBeforeCommit = "settle before commit"
  case noFence = "no fence in Postgres"
  case unsortedLocks = "unsorted locks"
  case popInsteadOfToken = "pop instead of token"
  case noReap = "no reap"
  case noReconcile = "no reconcile after a lost reply"

  var description: String { rawValue }

  /// The scenario that fails.
  var scenario: FaultScenario {
    switch self {
    case .settleBeforeCommit: .stoppedPostgres
    case .noFence: .lateCommit
    case .unsortedLocks: .crossingLocks
    case .popInsteadOfToken, .noReap: .killedWorkers
    case .noReconcile: .lostReply
    }
  }

  /// The programs with the fault in them: a switch of the debug build, or a copy whose scripts are altered.
  func programs() throws -> FaultPrograms {
    switch self {
    case .settleBeforeCommit, .noFence, .unsortedLocks:
      let name = rawValue.replacing(" in Postgres", with: "").replacing(" ", with: "-")
      return FaultPrograms(installation: .build, settings: ["FRESHET_BREAK": name])
    case .popInsteadOfToken, .noReap, .noReconcile:
      let folder = try Installation.copyOfBuild([.worker])
      for edit in edits { try edit.apply(in: "\(folder)/freshet_Queue.resources/Scripts") }
      return FaultPrograms(installation: .copied(to: folder), settings: [:])
    }
  }

  private var edits: [ScriptEdit] {
    switch self {
    case .settleBeforeCommit, .noFence, .unsortedLocks: []
    case .popInsteadOfToken:
      // What is handed out leaves the list; settling goes by the worker's word.
      [
        ScriptEdit(
          "reserve", "reservations[#tokens] = { token, fence, unpack(jobs) }",
          "reservations[#tokens] = { token, fence, unpack(jobs) } call('LPOP', events .. token, #jobs)"),
        ScriptEdit(
          "settle", "local ids = delivered(token, fence, acknowledged)",
          "local ids = {} for id in pairs(acknowledged) do ids[#ids + 1] = id end"),
        ScriptEdit("settle", "call('LLEN', events .. token) == gone", "call('EXISTS', events .. token) == 0"),
        ScriptEdit("settle", "if gone > 0 then call('LPOP', events .. token, gone) end", ""),
      ]
    case .noReap: [ScriptEdit("reap", "workers, '-inf', text(now))", "workers, '-inf', '-inf')")]
    case .noReconcile:
      [ScriptEdit("reconcile", "if not fence or known[token] ~= fence then", "if false then")]
    }
  }
}

/// A change to one script of a copied installation.
struct ScriptEdit {
  let script: String
  let original: String
  let replacement: String

  init(_ script: String, _ original: String, _ replacement: String) {
    self.script = script
    self.original = original
    self.replacement = replacement
  }

  /// Throws when the script is not the one that the edit was made for.
  func apply(in folder: String) throws {
    let file = "\(folder)/\(script).lua"
    let source = try String(contentsOfFile: file, encoding: .utf8)
    guard source.ranges(of: original).count == 1 else {
      throw IntegrationError("\(script).lua does not have, once: \(original)")
    }
    try source.replacing(original, with: replacement).write(toFile: file, atomically: true, encoding: .utf8)
  }
}
