import Foundation
import Settings
import Testing

@Suite struct SettingsReaderTests {
  @Test("All bad settings are reported at once, by name and without their values")
  func reportsAll() async throws {
    let reader = try await reader(["PORT": "hunter2", "MODE": "hunter2", "FLAG": "hunter2"])
    _ = reader.integer("PORT", default: 1, in: 1...10)
    _ = reader.choice("MODE", default: 1, ["one": 1, "two": 2])
    _ = reader.boolean("FLAG", default: false)
    let error = try #require(throws: SettingsError.self) { try reader.finish() }
    #expect(error.problems.map(\.name) == ["PORT", "MODE", "FLAG"])
    #expect(!error.description.contains("hunter2"))
    #expect(error.description.contains("one, two"))
  }

  @Test("The environment wins over the file, an empty value counts as unset")
  func precedence() async throws {
    let file = try temporary("A=file\nB=file\nC=file\n")
    let reader = try await SettingsReader(environment: ["A": "environment", "B": ""], environmentFile: file)
    #expect(reader.string("A") == "environment")
    #expect(reader.string("B") == nil)
    #expect(reader.string("C") == "file")
  }

  @Test("A missing .env is no problem")
  func missingFile() async throws {
    let reader = try await SettingsReader(environment: [:], environmentFile: "/nonexistent/.env")
    #expect(reader.string("A") == nil)
  }

  @Test("A secret may come from a file, whose last newline does not count")
  func secretFile() async throws {
    let file = try temporary("swordfish\n")
    let reader = try await reader(["TOKEN_FILE": file])
    #expect(reader.secret("TOKEN") == "swordfish")
    try reader.finish()
  }

  @Test("A secret given twice, and a secret file that is not there, are reported")
  func secretProblems() async throws {
    let reader = try await reader(["A": "x", "A_FILE": "/dev/null", "B_FILE": "/nonexistent"])
    _ = reader.secret("A")
    _ = reader.secret("B")
    #expect(reader.problems.map(\.name) == ["A_FILE", "B_FILE"])
  }

  private func reader(_ environment: [String: String]) async throws -> SettingsReader {
    try await SettingsReader(environment: environment, environmentFile: nil)
  }

  private func temporary(_ content: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)").path
    try content.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }
}
