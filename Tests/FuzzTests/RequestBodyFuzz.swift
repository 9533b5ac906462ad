import TestSupport
import Testing

@testable import Conversations

/// Bodies of `POST /conversations` and `PATCH /conversations/{id}`, and what a patch makes of a row.
struct RequestBodyFuzz: FuzzTarget {
  let name = "request bodies"
  let dictionary = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "\u{FEFF}", "\\u0000", "\\ud800", "\\udc00",
    "\\ud83d\\ude00", "\\u00", "1e999", "1e308", "-0", "0.1e-7", "1.50", "1.5e2", "\"title\":",
    "\"metadata\":{",
    "\"externalId\":", "\"userId\":", "\"status\":", "\"ended\"", "\"active\"", "\"a\":", "\"b\":{",
    "\"a\":null,",
    "\"perceptionAnalysis\":", "\"p\\u0065rceptionAnalysis\":", "\"titl\\u0065\":1,", "\u{1}", " \t\r\n",
    String(repeating: "[", count: 520), String(repeating: "{\"a\":", count: 31),
    String(repeating: "é", count: 1000),
  ]
  let seeds = [
    #"{"title":"Hi \u00e9","metadata":{"a":null,"b":{"c":[1,2.50,-1e3],"d":null},"z":"\ud83d\ude00"}}"#,
    #"{"externalId":"c1","userId":"anna","title":null,"metadata":null}"#,
    #"{"status":"ended","metadata":{"b":{"c":null,"e":{"f":1}},"a":{"x":{"y":null}}}}"#,
    #"{"metadata":{"a":1,"a":{"b":2},"":[],"\u0000":"\ud800"},"title":"x"}"#, "{}", "[]", "",
  ].map { Array($0.utf8) }

  /// What the row may hold before.
  private static let stored = [
    "{}", #"{"a":1,"b":{"c":2.50,"d":[null]}}"#,
    #"{"a":{"x":{"y":1}},"perceptionAnalysis":{"mood":[1,"é"]}}"#,
  ].map { Array($0.utf8) }

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    let role: PrincipalRole = random.number(0...1) == 0 ? .user : .admin
    let stored = Self.stored[random.number(0...Self.stored.count - 1)]
    switch (try create(input, role), try patch(input, role, stored)) {
    case (nil, nil): return .accepted("both")
    case (nil, _?): return .accepted("a creation")
    case (_?, nil): return .accepted("a patch")
    case (let refusal?, _?):
      return .refused("\(refusal.code.rawValue): " + (refusal.errors.first?.code ?? refusal.detail))
    }
  }

  /// - Returns: why it was refused.
  private func create(_ input: [UInt8], _ role: PrincipalRole) throws -> RequestRejection? {
    let new: NewConversation
    do { new = try NewConversation(decoding: input, role: role) } catch { return error }
    guard role == .admin || (new.externalID == nil && new.userID == nil) else {
      throw FuzzFinding(description: "a user named an owner or a call")
    }
    try judge(title: new.title)
    guard let metadata = new.metadata else { return nil }
    let normal = try NormalizedJSON(text: metadata)
    guard normal.bytes == metadata, metadata.count <= 65_536, (1...32).contains(normal.depth) else {
      throw FuzzFinding(description: "metadata is not in normal form, or beyond its limits")
    }
    return nil
  }

  /// - Returns: why it was refused.
  private func patch(_ input: [UInt8], _ role: PrincipalRole, _ stored: [UInt8]) throws -> RequestRejection? {
    let time = Timestamp(millisecondsSinceEpoch: 1)
    let row = Conversation(
      id: ConversationID.random(), title: "old", metadata: stored, createdAt: time, updatedAt: time)
    let (once, twice): (Conversation, Conversation)
    do {
      let patch = try ConversationPatch(decoding: input, role: role)
      once = try patch.applied(to: row)
      twice = try patch.applied(to: once)
    } catch { return error }
    guard once == twice else { throw FuzzFinding(description: "a second time the patch does something else") }
    try judge(title: once.title)
    guard try NormalizedJSON(text: once.metadata).bytes == once.metadata else {
      throw FuzzFinding(description: "merged metadata is not in normal form")
    }
    guard try providersPart(once.metadata) == providersPart(stored) else {
      throw FuzzFinding(description: "the client changed the provider's member")
    }
    return nil
  }

  private func judge(title: String?) throws {
    guard let title, title.unicodeScalars.count > 1000 || title.utf8.contains(0) else { return }
    throw FuzzFinding(description: "a title outside its limits was accepted")
  }

  private func providersPart(_ metadata: [UInt8]) throws -> [UInt8]? {
    NormalizedMembers(metadata[...])?[Array(#""perceptionAnalysis""#.utf8)[...]].map { Array($0) }
  }
}

extension FuzzTests {
  @Test("Whatever a body holds, what is accepted is within its limits, and a patch may be sent again")
  func requestBodies() async throws {
    var fuzzer = try Fuzzer(RequestBodyFuzz())
    try await fuzzer.run()
  }
}
