import Foundation
import NIOConcurrencyHelpers
import NIOCore
import TestSupport

/// The provider: sends transcripts that grow, those of one conversation one after the other, each again and again until
/// it is acknowledged, and keeps its own books.
final class FaultLoad: Sendable {
  private struct Books {
    var acknowledged: [String: Int] = [:]
    var refusals = 0
    var complaints: [String] = []
  }

  private static let senders = 8
  private let api: API
  private let books = NIOLockedValueBox(Books())

  init(_ api: API) { self.api = api }

  /// How many events of each conversation were acknowledged; they have the times 1, 2, ….
  var acknowledged: [String: Int] { books.withLockedValue { $0.acknowledged } }

  /// Answers other than 202.
  var refusals: Int { books.withLockedValue { $0.refusals } }

  /// What was wrong with answers.
  var complaints: [String] { books.withLockedValue { $0.complaints } }

  /// Sends a conversation's next event until it is acknowledged, and returns its id. One caller per conversation.
  @discardableResult
  func send(_ conversation: String, mark: String = "", padding: Int = 0) async throws -> String {
    let version = (acknowledged[conversation] ?? 0) + 1
    let event = try Self.event(conversation, version, mark + String(repeating: "x", count: padding))
    let deadline = ContinuousClock.now + .seconds(90)
    var isRepeat = false
    while true {
      if let id = try await offer(event, isRepeat: isRepeat) {
        books.withLockedValue { $0.acknowledged[conversation] = version }
        return id
      }
      guard ContinuousClock.now < deadline else {
        throw IntegrationError("\(conversation) is never accepted")
      }
      isRepeat = true
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Sends to so many conversations, in turn, so many events a second, until told otherwise.
  func run(conversations: Int, rate: Int, while isOn: @escaping @Sendable () -> Bool) async throws {
    let pause = Duration.seconds(Self.senders) / rate
    try await concurrently(0..<Self.senders, width: Self.senders) { sender in
      var next = ContinuousClock.now
      while isOn() {
        for number in stride(from: sender, to: conversations, by: Self.senders) where isOn() {
          try await self.send("load-\(number)")
          next = max(next + pause, .now - .seconds(1))
          try await Task.sleep(until: next)
        }
      }
    }
  }

  /// A transcript of which the conversation's later ones are no less than a continuation: applied out of order, it would
  /// be `superseded`.
  private static func event(_ conversation: String, _ version: Int, _ mark: String) throws -> Data {
    let entries = (1...entryCount(version)).map { "\(conversation), version \(version), entry \($0)" }
    return try ProviderEvent.transcript(
      conversation, entries.dropLast() + [entries[entries.count - 1] + mark], at: version)
  }

  static func entryCount(_ version: Int) -> Int { min(version, 6) }

  /// The id once it is acknowledged.
  private func offer(_ event: Data, isRepeat: Bool) async throws -> String? {
    // A time-out or a lost connection is as good as a refusal: the event is sent again.
    guard let answer = try? await api.post(event, within: .seconds(3)) else { return refused(nil) }
    if answer.status == 503 {
      return refused(answer.field("Retry-After") == nil ? "503 without Retry-After: \(answer)" : nil)
    }
    let receipt = try answer.object()
    guard answer.status == 202, let id = receipt["eventId"] as? String else {
      throw IntegrationError("a webhook was answered with \(answer)")
    }
    if !isRepeat, receipt["status"] as? String != "queued" {
      complain("new, but answered with \(answer.text)")
    }
    return id
  }

  private func refused(_ complaint: String?) -> String? {
    books.withLockedValue { $0.refusals += 1 }
    if let complaint { complain(complaint) }
    return nil
  }

  private func complain(_ complaint: String) { books.withLockedValue { $0.complaints.append(complaint) } }
}
