import Glibc
import NIOConcurrencyHelpers
import TestSupport

/// A program of the stage, with an address of its own for each server that it talks to.
final class Instance: Sendable {
  /// Also the name of its sessions in Postgres.
  let name: String
  let kind: ProgramKind
  let cache: TCPProxy
  let database: TCPProxy
  private let state = NIOLockedValueBox<State>(.away)

  private enum State {
    case away
    case running(RunningProgram)
    case frozen(RunningProgram)
  }

  init(_ name: String, _ kind: ProgramKind, cache: TCPProxy, database: TCPProxy) {
    self.name = name
    self.kind = kind
    self.cache = cache
    self.database = database
  }

  /// The program, when it can be expected to answer.
  var program: RunningProgram? {
    state.withLockedValue { if case .running(let program) = $0 { program } else { nil } }
  }

  /// Whether it has ended though nobody killed it.
  var hasCrashed: Bool { program.map { !$0.process.isRunning } ?? false }

  func began(_ program: RunningProgram) { state.withLockedValue { $0 = .running(program) } }

  func kill() async throws {
    guard let program else { return }
    state.withLockedValue { $0 = .away }
    program.process.kill()
    try await program.process.wait()
  }

  func freeze() {
    guard let program else { return }
    state.withLockedValue { $0 = .frozen(program) }
    program.process.signal(SIGSTOP)
  }

  func thaw() {
    guard case .frozen(let program) = state.withLockedValue({ $0 }) else { return }
    program.process.signal(SIGCONT)
    state.withLockedValue { $0 = .running(program) }
  }
}
