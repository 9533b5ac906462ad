import Foundation
import Testing

@testable import TestSupport

@Suite("Child processes")
struct ChildProcessTests {
  @Test("Output is kept line by line, a last unfinished line too")
  func output() async throws {
    let child = try ChildProcess("sh", ["-c", "echo one; echo two >&2; printf three"])
    #expect(try await child.wait() == .code(0))
    try await child.waitForOutputEnd()
    #expect(child.lines == ["one", "two", "three"])
  }

  @Test("The environment is what the test gives, and no variable of the developer's")
  func environment() async throws {
    setenv("DATABASE_URL", "from-outside", 1)
    let child = try ChildProcess(
      "sh", ["-c", "echo ${DATABASE_URL-none} $GIVEN"], environment: ["GIVEN": "yes"])
    try await child.waitForLine(containing: "none yes")
  }

  @Test("A child that ends early fails the wait for its line at once")
  func endedEarly() async throws {
    let child = try ChildProcess("sh", ["-c", "echo sorry; exit 3"])
    await #expect(throws: TestSupportError.self) { try await child.waitForLine(containing: "ready") }
    #expect(child.exit == .code(3))
  }

  @Test("A signal that ends a child is reported as one")
  func signalled() async throws {
    let child = try ChildProcess("sleep", ["60"])
    child.terminate()
    #expect(try await child.wait() == .signal(SIGTERM))
    child.kill()
  }

  @Test("What is not installed cannot be started")
  func notInstalled() {
    #expect(throws: TestSupportError.self) { try ChildProcess("/nowhere/program") }
  }
}
