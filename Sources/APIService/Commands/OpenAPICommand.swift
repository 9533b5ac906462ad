import ArgumentParser
import Logging
import Settings

/// Prints what `/openapi.json` answers, for generators of clients. Needs no settings and nothing that runs.
struct OpenAPICommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openapi", abstract: "Print the OpenAPI 3.1 document.")

  func run() async throws {
    print(try await Self.document().tree.indented)
  }

  static func document() async throws -> OpenAPIDocument {
    let catalogue = RouteCatalogue()
    _ = try await assembly().router(catalogue)
    return OpenAPIDocument(operations: catalogue.operations)
  }

  /// A service that is put together, but not started: its settings do not matter, so they are the least that it can
  /// have.
  static func assembly() async throws -> APIAssembly {
    let reader = try await SettingsReader(
      environment: [
        "DATABASE_URL": "postgresql://127.0.0.1/freshet", "AUTH_MODE": "none", "WEBHOOK_AUTH": "none",
      ], environmentFile: nil)
    let logger = Logger(label: "openapi") { _ in SwiftLogNoOpLogHandler() }
    return try await APIAssembly(settings: APISettings(reader: reader), logger: logger)
  }
}
