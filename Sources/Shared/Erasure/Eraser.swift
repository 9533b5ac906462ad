package import ConversationStore
package import Conversations
package import Queue
internal import Telemetry

/// Takes what was deleted out of where else it may be: the queue, the dead letters, and, of a user, conversation by
/// conversation out of the database.
///
/// A deletion leaves a row in the same transaction that says so. Whoever takes that on has it for a while; when he dies, or
/// a server is away, somebody else goes on. So it needs no leader, and nothing is lost by `kill -9`.
package struct Eraser: Sendable {
  /// Of a user's conversations per step; each may hold thousands of messages.
  private static let batch = 20
  /// What a client waits for it.
  private static let patience = Duration.milliseconds(500)
  /// Between two attempts while a server is away.
  private static let pause = Duration.seconds(2)

  private let store: ConversationStore
  private let queue: WebhookQueue

  package init(store: ConversationStore, queue: WebhookQueue) {
    self.store = store
    self.queue = queue
  }

  /// After the deletion of a conversation: empties its events before the client is answered. What fails, or takes too
  /// long, is left to ``eraseDue(limit:)``.
  package func eraseAtOnce(_ id: ExternalConversationID?) async {
    guard let id else { return }
    do {
      guard let erasure = try await store.claimErasure(of: id) else { return }
      try await attempt([erasure]) { erasures in
        // For all of it: with many dead events to look through each step may be quick, and there be no end of them.
        try await RequestDeadline.within(Self.patience) {
          try await eraseTraces(erasures, timeout: Self.patience)
        }
      }
    } catch {
      // The deletion has committed and is answered as such; its row tells what is left to be done.
    }
  }

  /// Takes one step with each erasure that is due.
  ///
  /// - Returns: how many there were.
  package func eraseDue(limit: Int = 50) async throws -> Int {
    let due = try await store.claimErasures(limit: limit)
    // What is away for one kind need not be for the other.
    let traces = await result {
      try await attempt(due.filter { $0.conversation != nil }) { try await eraseTraces($0, timeout: nil) }
    }
    let users = await result {
      for erasure in due { try await eraseUser(erasure) }
    }
    try traces.get()
    try users.get()
    return due.count
  }

  private func eraseTraces(_ erasures: [PendingErasure], timeout: Duration?) async throws {
    let targets = erasures.compactMap(\.conversation)
    guard !targets.isEmpty else { return }
    _ = try await queue.erase(
      targets.map { QueueErasure(conversation: $0, acceptedUntil: $1) }, timeout: timeout)
    // After the queue: a copy of a dead event may have been on its way.
    try await store.eraseLetters(targets)
    try await store.finish(erasures)
  }

  private func eraseUser(_ erasure: PendingErasure) async throws {
    guard case .user(let user) = erasure.subject else { return }
    try await attempt([erasure]) { erasures in
      _ = try await store.eraseConversations(of: user, erasure, limit: Self.batch)
      if try await store.hasConversations(of: user, erasure) {
        try await store.letGo(erasures, for: .zero)
      } else {
        try await store.eraseAnswers(to: user, erasure)
        try await store.finish(erasures)
      }
    }
  }

  private func attempt(
    _ erasures: [PendingErasure], _ body: ([PendingErasure]) async throws -> Void
  ) async throws {
    do { try await body(erasures) } catch {
      // Where this fails too, they are due again when the claim has run out.
      try? await store.letGo(erasures, for: Self.pause)
      throw error
    }
  }

  private func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}

extension PendingErasure {
  fileprivate var conversation: (conversation: ExternalConversationID, acceptedUntil: Timestamp)? {
    if case .conversation(let id, let until) = subject { (id, until) } else { nil }
  }
}

extension QueueErasure {
  fileprivate init(conversation: ExternalConversationID, acceptedUntil: Timestamp) {
    self.init(
      conversation: conversation.text, acceptedUntil: acceptedUntil.microsecondsSinceEpoch / 1000)
  }
}
