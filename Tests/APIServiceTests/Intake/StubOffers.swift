import NIOCore
import Queue

@testable import APIService

/// In the queue's place: keeps what is offered until it is told what comes of it.
///
/// `@unchecked Sendable`: it is only used on the thread of the test.
final class StubOffers: @unchecked Sendable {
  private typealias Offer = (
    webhook: OfferedWebhook, then: @Sendable (Result<EnqueueResult, QueueError>?) -> Void
  )

  /// Everything that was offered.
  private(set) var webhooks: [OfferedWebhook] = []
  private var waiting: [Offer] = []
  /// Whether nothing can be offered.
  var isAway = false
  /// Whether everything is queued at once.
  var isQuick = false
  var authentication = WebhookAuthentication.token(WebhookTokens(["secret"]))
  var crossOrigin: CrossOriginPolicy?

  func parts(_ record: RequestRecord) -> WebhookIntake.Parts {
    WebhookIntake.Parts(
      authentication: authentication, maximumBytes: 8000, record: record, crossOrigin: crossOrigin
    ) { [self] webhook, _, then in
      guard !isAway else { return false }
      webhooks.append(webhook)
      if isQuick { then(.success(.queued)) } else { waiting.append((webhook, then)) }
      return true
    }
  }

  /// What comes of the oldest offer.
  func conclude(_ outcome: Result<EnqueueResult, QueueError>?) {
    if !waiting.isEmpty { waiting.removeFirst().then(outcome) }
  }
}
