import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Secrets")
  struct SecretsTests {
    @Test(
      "No secret is in any log, answer, metric or message, whatever succeeds or fails; each may come from a file"
    )
    func wholeRun() async throws {
      let mark = SecretMarks()
      try await LocalSystem.run(ownPostgres: true) { system in
        let stage = try await SecretsStage(system, mark)
        do {
          try await stage.succeed()
          try await stage.beRefused()
          try await stage.runCommands()
          try await stage.loseDependencies()
        } catch {
          await stage.end()
          throw error
        }
        await stage.end()
        #expect(stage.outputs.count > 50)
        for output in stage.outputs {
          #expect(mark.found(in: output.text) == [], "\(output.origin): \(output.text.prefix(2000))")
        }
      }
    }

    @Test("Bad settings are named without what they are, secrets or not")
    func badSettings() async throws {
      let mark = SecretMarks()
      let names = [
        "JWT_SECRET", "JWT_JWKS_URL", "WEBHOOK_TOKENS", "REDIS_URL", "REDIS_CACHE_URL", "REDIS_QUEUE_URL",
        "DATABASE_URL", "DATABASE_WRITE_URL", "DATABASE_READ_URL", "DATABASE_DIRECT_URL", "HOST",
      ]
      // Too short for a token, and no URL.
      let settings = Dictionary(uniqueKeysWithValues: names.map { ($0, "no \(mark.short)") })
      let api = try await run(.api, [], settings)
      #expect(api.code == 78)
      for name in names { #expect(api.text.contains("\(name):"), "\(api)") }
      let worker = try await run(.worker, [], settings.merging(["WORKER_HOST": mark.short]) { $1 })
      let webhooks = try await run(
        .api, [],
        settings.merging(["WEBHOOK_AUTH": "standard", "WEBHOOK_SIGNING_SECRETS": mark.short]) { $1 })
      #expect(worker.code == 78 && webhooks.code == 78)
      for end in [api, worker, webhooks] { #expect(!end.text.contains(mark.short), "\(end)") }
    }

    @Test("A search finds secrets however they are written")
    func search() {
      let mark = SecretMarks()
      let secret = mark.secret("x")
      let base64 = Data("user:\(secret)".utf8).base64EncodedString()
      let hex = secret.utf8.map { String($0, radix: 16) }.joined()
      for text in ["a \(secret) b", "Basic \(base64)", hex, secret.uppercased()] {
        #expect(mark.found(in: text) != [])
      }
      #expect(mark.found(in: "nothing of it") == [])
    }
  }
}

/// Secrets that share a mark, and a search for it in whatever form it may leak.
struct SecretMarks: Sendable {
  private let mark = "Leaked\(String(UInt32.random(in: 1 << 28...UInt32.max), radix: 16))Mark"

  /// A good secret.
  func secret(_ name: String) -> String { "\(name)-\(mark)-\(String(repeating: "0", count: 16))" }

  /// Fifteen bytes: one too few for a token.
  var short: String { String(mark.prefix(15)) }

  /// The forms of the mark that are in the text.
  func found(in text: String) -> [String] {
    let folded = text.lowercased()
    return forms.filter { folded.contains($0.lowercased()) }
  }

  /// As it is, in hexadecimal, and in base64 at each of its three positions within a group.
  private var forms: [String] {
    let bytes = Array(mark.utf8)
    let encoded = (0..<3).map { offset in
      Data(repeating: 0, count: offset) + bytes
    }.map { $0.base64EncodedString().dropFirst(4).dropLast(4) }
    return [mark, bytes.map { String($0, radix: 16) }.joined()] + encoded.map(String.init)
  }
}
