import Conversations
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Settings
import Testing

@testable import APIService

@Suite struct OpenAPIDocumentTests {
  @Test("The document has every path that the router serves, and no other")
  func paths() async throws {
    let catalogue = RouteCatalogue()
    let routes = try await OpenAPICommand.assembly().router(catalogue).routes
    let document = OpenAPIDocument(operations: catalogue.operations)
    let documented = document.tree["paths"]?.members.map(\.name) ?? []
    #expect(Set(documented) == Set(routes.map(\.path.description)))
    #expect(Set(documented).count == documented.count)
    for operation in catalogue.operations {
      let method = operation.method.rawValue.lowercased()
      #expect(document.tree["paths"]?[operation.path]?[method]?["operationId"]?.text == operation.id)
    }
  }

  @Test("Every reference leads somewhere, and every component is referred to")
  func references() async throws {
    let tree = try await OpenAPICommand.document().tree
    var referred = Set(Self.references(in: tree))
    // Schemes are named by security requirements.
    for operation in tree["paths"]?.members.flatMap(\.value.members) ?? [] {
      for requirement in operation.value["security"]?.elements.flatMap(\.members) ?? [] {
        referred.insert("#/components/securitySchemes/\(requirement.name)")
      }
    }
    let components = tree["components"]?.members ?? []
    let there = components.flatMap { kind in kind.value.members.map { "#/components/\(kind.name)/\($0.name)" }
    }
    #expect(referred == Set(there))
  }

  private static func references(in tree: JSONTree) -> [String] {
    let own = tree["$ref"]?.text.map { [$0] } ?? []
    return own + tree.members.flatMap { references(in: $0.value) } + tree.elements.flatMap(references)
  }

  @Test("Every parameter in a path's braces is described, and only those")
  func pathParameters() async throws {
    for operation in try await OpenAPICommand.document().operations {
      let named = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
        $0.dropFirst().dropLast()
      }
      #expect(operation.parameters.filter { $0.place == .path }.map(\.name) == named.map(String.init))
      let names = operation.parameters.map { "\($0.place) \($0.name)" }
      #expect(Set(names).count == names.count, "\(operation.id)")
    }
  }

  @Test("What is sent has the members that its schema lists, all of them required unless they may be absent")
  func wireForms() throws {
    let time = Timestamp(millisecondsSinceEpoch: 1_800_000_000_000)
    let id = try #require(ConversationID("01890a5d-ac96-774b-bcce-b302099a8057"))
    let messageID = try #require(MessageID("01890a5d-ac96-774b-bcce-b302099a8057"))
    try expect(Conversation(id: id, createdAt: time, updatedAt: time), .conversation)
    try expect(
      Message(
        id: messageID, conversationID: id, role: "user", content: "", position: 0, spokenAt: nil,
        createdAt: time), .message)
    try expect(
      ProblemDetails(
        title: "t", status: 400, detail: "d", instance: "/", code: "c", requestID: "r",
        errors: [FieldError(.pointer("/x"), code: "c", detail: "d")]), .problem)
    try expect(HealthReport(database: true, redis: false, queue: true), .health)
    let page = PageEnvelope(limit: 1, total: 0, nextCursor: nil).encode([Message]())
    #expect(try Self.members(page) == Self.members(.messagePage))
    #expect(try Self.members(page) == Self.members(.conversationPage))
  }

  private func expect(
    _ value: some JSONEncodable, _ schema: Schema.Name, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(
      try Self.members(value.jsonBytes()) == Self.members(schema), sourceLocation: sourceLocation)
  }

  private static func members(_ schema: Schema.Name) -> Set<String> {
    Set(Schema.named(schema)["properties"]?.members.map(\.name) ?? [])
  }

  private static func members(_ bytes: [UInt8]) throws -> Set<String> {
    let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    return Set(try #require(object).keys)
  }

  @Test("The indented form is the same JSON")
  func indented() async throws {
    let tree = try await OpenAPICommand.document().tree
    let compact = try JSONSerialization.jsonObject(with: Data(tree.jsonBytes())) as? NSDictionary
    let indented = try JSONSerialization.jsonObject(with: Data(tree.indented.utf8)) as? NSDictionary
    #expect(compact != nil)
    #expect(compact == indented)
  }
}
