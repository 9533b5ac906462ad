import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A program run by a test: its lines are kept, it can be signalled and waited for, and it dies with the test process.
package final class ChildProcess: Sendable {
  /// How a child ended.
  package enum Exit: Sendable, Equatable {
    case code(Int32)
    case signal(Int32)
  }

  private struct State {
    var exit: Exit?
    var lines: [String] = []
    var outputEnded = false
  }

  /// The process id. Send signals by `signal(_:)`, which never hits a stranger that inherited the id.
  package let id: Int32
  private let program: String
  private let state = NIOLockedValueBox(State())

  /// Starts `program` (a path, or a name looked up in `PATH`).
  ///
  /// - Parameters:
  ///   - environment: added to `PATH`, `HOME`, `USER`, `TMPDIR` and `LD_LIBRARY_PATH`; nothing else is inherited, so that
  ///     a developer's `DATABASE_URL` never reaches a test.
  ///   - folder: the working directory, by default the test process's own.
  ///   - farewell: the signal sent when the test process is gone before the child.
  package init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:],
    folder: String? = nil, farewell: Int32 = SIGKILL
  ) throws {
    let output = Spawn.pipe()
    let spawned = Spawn.start(
      [program] + arguments, environment: Self.inherited.merging(environment) { _, given in given },
      folder: folder ?? FileManager.default.currentDirectoryPath, input: nil, output: output.writing)
    close(output.writing)
    guard case .success(let id) = spawned else {
      close(output.reading)
      throw TestSupportError("cannot start \(program): \(spawned)")
    }
    LifeLine.hold(child: id, farewell: farewell)
    self.id = id
    self.program = program
    collectOutput(from: output.reading)
    reap()
  }

  /// Every complete line so far, standard output and standard error in the order they were written.
  package var lines: [String] { state.withLockedValue { $0.lines } }

  /// How it ended; nil while it runs.
  package var exit: Exit? { state.withLockedValue { $0.exit } }

  /// Whether it has not ended yet (a stopped child runs).
  package var isRunning: Bool { exit == nil }

  /// Waits for a line that contains `text`, after the first `skipping` lines.
  ///
  /// Throws with the last lines of output when the child ends without it, or in time does not print it.
  @discardableResult
  package func waitForLine(
    containing text: String, skipping count: Int = 0, within limit: Duration = .seconds(30)
  ) async throws -> String {
    let found = try await poll(within: limit) {
      // Asked before the lines are read: output that has ended cannot grow a line in between.
      let ended = self.state.withLockedValue { $0.outputEnded && $0.exit != nil }
      if let line = self.lines.dropFirst(count).first(where: { $0.contains(text) }) { return line }
      if ended { throw TestSupportError("\(self.program) ended without “\(text)”: \(self.tail)") }
      return nil
    }
    guard let found else { throw TestSupportError("\(program) did not print “\(text)”: \(tail)") }
    return found
  }

  /// Waits for the end of the child. Throws when it is still running after `limit`.
  @discardableResult
  package func wait(within limit: Duration = .seconds(30)) async throws -> Exit {
    guard let exit = try await poll(within: limit, { self.exit }) else {
      throw TestSupportError("\(program) still runs: \(tail)")
    }
    return exit
  }

  /// Waits until nobody holds the output any more, that is, until the child's own children are gone as well.
  package func waitForOutputEnd(within limit: Duration = .seconds(30)) async throws {
    let ended = try await poll(within: limit) { self.state.withLockedValue { $0.outputEnded ? true : nil } }
    guard ended != nil else { throw TestSupportError("\(program): its children still run: \(tail)") }
  }

  /// Sends a signal; does nothing to a child that has ended.
  package func signal(_ number: Int32) {
    state.withLockedValue { state in
      if state.exit == nil { _ = Glibc.kill(id, number) }
    }
  }

  /// Asks it to end (SIGTERM). Does not wait.
  package func terminate() { signal(SIGTERM) }

  /// Ends it at once (SIGKILL). Does not wait.
  package func kill() { signal(SIGKILL) }

  private var tail: String { lines.suffix(20).joined(separator: "\n") }

  private static var inherited: [String: String] {
    let names: Set = ["PATH", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH"]
    return ProcessInfo.processInfo.environment.filter { names.contains($0.key) }
  }

  private func collectOutput(from descriptor: Int32) {
    Thread.detachNewThread { [state] in
      var lines = LineBuffer()
      var chunk = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        let complete = lines.append(chunk[..<count])
        state.withLockedValue { $0.lines += complete }
      }
      close(descriptor)
      state.withLockedValue { state in
        state.lines += lines.rest
        state.outputEnded = true
      }
    }
  }

  private func reap() {
    Thread.detachNewThread { [state, id] in
      // The child stays a zombie until the lock is held, so `signal` never meets a recycled id.
      var ended = siginfo_t()
      while waitid(P_PID, id_t(id), &ended, WEXITED | WNOWAIT) != 0, errno == EINTR {}
      LifeLine.release(child: id)
      state.withLockedValue { state in
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        state.exit = status & 0x7f == 0 ? .code((status >> 8) & 0xff) : .signal(status & 0x7f)
      }
    }
  }
}

/// Cuts a stream of bytes into lines.
private struct LineBuffer {
  private var pending: [UInt8] = []

  /// What came after the last line feed, if anything.
  var rest: [String] { pending.isEmpty ? [] : [String(decoding: pending, as: UTF8.self)] }

  mutating func append(_ bytes: ArraySlice<UInt8>) -> [String] {
    pending += bytes
    var lines = pending.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    pending = lines.popLast().map(Array.init) ?? []
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }
}
