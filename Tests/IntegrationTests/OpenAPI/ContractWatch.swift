import Foundation
import NIOConcurrencyHelpers
import Testing

/// Compares what the tests of this process are answered with the OpenAPI document, whatever else they look at: so the
/// document is held against every situation that anybody thought of.
enum ContractWatch {
  /// Of each kind of answer the first ones: tests under load get millions.
  private static let enough = 50
  private static let seen = NIOLockedValueBox<[String: Int]>([:])

  // A bare task: whoever asks first starts it, everyone awaits the same value.
  private static let printed = Task {
    let end = try await run(.api, ["openapi"])
    guard end.code == 0 else { throw IntegrationError("openapi: \(end)") }
    return end.text
  }
  private static let read = Task { try JSONValue(Data(try await printed.value.utf8)) }

  /// What `APIService openapi` prints.
  static func text() async throws -> String { try await printed.value }

  /// The same, read.
  static func document() async throws -> JSONValue { try await read.value }

  /// Records an issue for an answer that the document does not allow.
  static func judge(_ method: String, _ path: String, _ answer: Answer) async throws {
    let shape = path.prefix { $0 != "?" }.split(separator: "/").count
    let kind = "\(method) \(path.split(separator: "/").first ?? "") \(shape) \(answer.status)"
    let count = seen.withLockedValue { seen in
      seen[kind, default: 0] += 1
      return seen[kind, default: 0]
    }
    guard count <= enough else { return }
    for fault in PublishedContract(try await document()).faults(method, path, answer) {
      Issue.record("\(method) \(path): \(fault): \(answer)")
    }
  }
}
