import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

extension Integration {
  @Suite("Reads after writes")
  struct FreshReadTests {
    @Test(
      "A PATCH and a settled transcript are seen by the next read on another instance, 1,000 times of 1,000")
    func nextRead() async throws {
      try await LocalSystem.run { system in
        let writing = try await system.startAPI()
        let reading = try await system.startAPI()
        try await system.startWorker()
        let ledger = Ledger()
        try await concurrently(0..<Self.conversations) { number in
          ledger.add(try await writing.register("fresh-\(number)", owner: Self.owner(number), title: "0"))
        }
        try await withThrowingTaskGroup(of: Void.self) { readers in
          for number in 0..<Self.readers {
            let api = number.isMultiple(of: 2) ? reading : writing
            readers.addTask { try await Self.read(ledger, api, seed: UInt64(number)) }
          }
          defer { ledger.close() }
          try await concurrently(0..<Self.conversations, width: 4) { number in
            for version in 1...4 { try await Self.round(number, version, ledger, writing, reading) }
          }
          ledger.close()
          try await readers.waitForAll()
        }
        #expect(ledger.roundsDone == 1000)
        #expect(ledger.readsDone > 2000)
        #expect(ledger.hits > ledger.readsDone / 10)
      }
    }

    private static let conversations = 250
    private static let readers = 8

    private static func owner(_ number: Int) -> String { "owner-\(number % 5)" }

    /// One write, acknowledged, and then the next read of everything it touches.
    private static func round(
      _ number: Int, _ version: Int, _ ledger: Ledger, _ writing: API, _ reading: API
    ) async throws {
      let id = ledger.id(of: number)
      if version.isMultiple(of: 2) {
        let event = try ProviderEvent.transcript(
          "fresh-\(number)", ["question \(version)", "answer \(version)"], at: version)
        // Under this load the intake may ask to come back, as the provider does.
        #expect(try await eventually { try await writing.post(event).status == 202 })
        try await writing.system.waitUntilSettled(event)
        ledger.acknowledge(number) { $0.transcript = version }
      } else {
        let answer = try await writing.client(owner(number)).patch(
          "/conversations/\(id)", ["title": "\(version)"])
        #expect(answer.status == 200)
        #expect(answer.field("Cache-Status") == nil, "the invalidation was not confirmed")
        ledger.acknowledge(number) { $0.title = version }
      }
      let client = reading.client(owner(number))
      async let conversation = client.get("/conversations/\(id)")
      async let page = client.get("/conversations/\(id)/messages")
      async let list = client.get("/conversations?limit=100")
      let expected = ledger.versions(of: number)
      #expect(try await Versions(conversation: conversation.decoded(), page: page.decoded()) == expected)
      let items = try await list.decoded(Page<ConversationBody>.self).items
      let item = try #require(items.first { $0.id == id })
      #expect(Versions(item) == expected.inConversation)
      ledger.roundDone()
    }

    /// Reads at random until the ledger is closed; nothing may be older than what was acknowledged before the read.
    private static func read(_ ledger: Ledger, _ api: API, seed: UInt64) async throws {
      var random = SplitMix64(seed: seed)
      while !ledger.isClosed {
        let number = Int.random(in: 0..<conversations, using: &random)
        let client = api.client(owner(number))
        let before = ledger.allVersions
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
          let answer = try await client.get("/conversations/\(ledger.id(of: number))")
          ledger.count(answer)
          let seen = Versions(try answer.decoded(ConversationBody.self))
          #expect(seen.isAtLeast(before[number].inConversation))
        case 1:
          let answer = try await client.get("/conversations/\(ledger.id(of: number))/messages")
          ledger.count(answer)
          let page: Page<MessageBody> = try answer.decoded()
          #expect(Versions.transcript(page) >= before[number].transcript)
        default:
          let answer = try await client.get("/conversations?limit=100")
          ledger.count(answer)
          for item in try answer.decoded(Page<ConversationBody>.self).items {
            #expect(Versions(item).isAtLeast(before[ledger.number(of: item.id)].inConversation))
          }
        }
        // Leaves the writers a share of two processors.
        try await Task.sleep(for: .milliseconds(5))
      }
    }
  }
}

/// Which writes an answer shows.
private struct Versions: Sendable, Equatable {
  var title = 0
  var transcript = 0

  init() {}

  init(conversation: ConversationBody, page: Page<MessageBody>) {
    title = Int(conversation.title ?? "") ?? -1
    transcript = conversation.transcriptReceived == (page.total == 2) ? Self.transcript(page) : -1
  }

  /// A conversation alone tells only whether there is a transcript: 1, if any.
  init(_ conversation: ConversationBody) {
    title = Int(conversation.title ?? "") ?? -1
    transcript = conversation.transcriptReceived && conversation.status == "ended" ? 1 : 0
  }

  /// These versions as a conversation alone tells them.
  var inConversation: Versions {
    var versions = self
    versions.transcript = min(transcript, 1)
    return versions
  }

  func isAtLeast(_ other: Versions) -> Bool { title >= other.title && transcript >= other.transcript }

  /// The version of a transcript; -1 when its messages are of several.
  static func transcript(_ page: Page<MessageBody>) -> Int {
    let versions = Set(page.items.map { Int($0.content.split(separator: " ").last ?? "") ?? -1 })
    return versions.count > 1 ? -1 : versions.first ?? 0
  }
}

/// What was acknowledged so far.
private final class Ledger: Sendable {
  private struct State {
    var ids: [Int: String] = [:]
    var numbers: [String: Int] = [:]
    var versions: [Versions] = []
    var rounds = 0
    var reads = 0
    var hits = 0
    var isClosed = false
  }

  private let state = NIOLockedValueBox(State())

  var isClosed: Bool { state.withLockedValue { $0.isClosed } }
  var roundsDone: Int { state.withLockedValue { $0.rounds } }
  var readsDone: Int { state.withLockedValue { $0.reads } }
  var hits: Int { state.withLockedValue { $0.hits } }
  var allVersions: [Versions] { state.withLockedValue { $0.versions } }

  func add(_ conversation: ConversationBody) {
    guard let number = conversation.externalId?.split(separator: "-").last.flatMap({ Int($0) }) else {
      preconditionFailure("a conversation of another test: \(conversation)")
    }
    state.withLockedValue { state in
      state.ids[number] = conversation.id
      state.numbers[conversation.id] = number
      state.versions.append(Versions())
    }
  }

  func id(of number: Int) -> String { state.withLockedValue { $0.ids[number] ?? "" } }

  func number(of id: String) -> Int { state.withLockedValue { $0.numbers[id] ?? -1 } }

  func versions(of number: Int) -> Versions { state.withLockedValue { $0.versions[number] } }

  func acknowledge(_ number: Int, _ change: (inout Versions) -> Void) {
    state.withLockedValue { change(&$0.versions[number]) }
  }

  func roundDone() { state.withLockedValue { $0.rounds += 1 } }

  func count(_ answer: Answer) {
    state.withLockedValue { state in
      state.reads += 1
      if answer.isHit { state.hits += 1 }
    }
  }

  func close() { state.withLockedValue { $0.isClosed = true } }
}
