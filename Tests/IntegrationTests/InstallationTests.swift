import Crypto
import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("A copied installation")
  struct InstallationTests {
    @Test("Both programs run from a copy, started in /, with the copy's migrations and scripts")
    func copied() async throws {
      let folder = try Installation.copyOfBuild()
      let copy = Installation.copied(to: folder)
      try Data("CREATE TABLE marker (number int);\n".utf8)
        .write(to: URL(fileURLWithPath: "\(folder)/freshet_APIService.resources/migrations/9999_marker.sql"))
      let scripts = "\(folder)/freshet_Cache.resources/Scripts"
      let trust = try alter("\(scripts)/trust.lua", with: "\(scripts)/shared.lua")
      let enqueue = try alter("\(folder)/freshet_Queue.resources/Scripts/enqueue.lua")

      try await LocalSystem.run { system in
        let migration = try system.startMigration(from: copy)
        #expect(try await migration.wait() == .code(0))
        #expect(migration.lines == ["applied 9999_marker"])
        #expect(try await system.rows("SELECT to_regclass('marker')") == [["marker"]])

        let api = try await system.startAPI(from: copy)
        try await system.startWorker(from: copy)
        let event = try ProviderEvent.transcript("copied", ["Here?", "Here."])
        try await api.accept([event])
        try await system.waitUntilSettled(event)
        let id = try await system.rows("SELECT id FROM conversations")[0][0]
        let page: Page<MessageBody> = try await api.service.get("/conversations/\(id)/messages").decoded()
        #expect(page.items.map(\.content) == ["Here?", "Here."])
        #expect(try await eventually { try await known(system, system.cacheRedis, trust) == ["0", "1"] })
        #expect(try await known(system, system.queueRedis, enqueue) == ["0", "1"])
      }
    }

    @Test("Eight migrations at once all succeed, and each file is applied once")
    func concurrentMigrations() async throws {
      let postgres = try await SharedServers.postgres()
      let environment = ["DATABASE_URL": try await postgres.createDatabase()]
      let migrations = try (0..<8).map { _ in try Installation.build.start(.api, ["migrate"], environment) }
      for migration in migrations {
        #expect(try await migration.wait(within: .seconds(60)) == .code(0))
        try await migration.waitForOutputEnd()
      }
      let applied = migrations.flatMap(\.lines).filter { $0.hasPrefix("applied ") }
      let files = try FileManager.default.contentsOfDirectory(
        atPath: "\(Installation.buildFolder())/freshet_APIService.resources/migrations"
      ).filter { $0.hasSuffix(".sql") }
      #expect(files.count >= 2)
      #expect(applied.sorted() == files.map { "applied \($0.dropLast(4))" }.sorted())

      let again = try Installation.build.start(.api, ["migrate"], environment)
      #expect(try await again.wait() == .code(0))
      #expect(again.lines.allSatisfy { !$0.hasPrefix("applied ") })
    }

    /// Adds a comment to a script; the digests by which Redis knows it, before and after.
    ///
    /// - Parameter shared: what the program puts behind the first line.
    private func alter(_ file: String, with shared: String? = nil) throws -> [String] {
      let shared = try shared.map { try String(contentsOfFile: $0, encoding: .utf8) + "\n" } ?? ""
      let original = try String(contentsOfFile: file, encoding: .utf8)
      let altered = original + "-- altered in the copy\n"
      try altered.write(toFile: file, atomically: true, encoding: .utf8)
      return [original, altered].map { source in
        let lines = source.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let script = "\(lines[0])\n\(shared)\(lines[1])"
        return Insecure.SHA1.hash(data: Data(script.utf8)).map { String(format: "%02x", $0) }.joined()
      }
    }

    private func known(_ system: LocalSystem, _ redis: RedisServer, _ digests: [String]) async throws
      -> [String]
    {
      try await system.ask(redis, ["SCRIPT", "EXISTS"] + digests)
    }
  }
}
