import Queue
import Testing

@testable import WebhookWorker

@Suite struct QueueReportTests {
  @Test("Named events must all be done; of many only a lost payload is a failure")
  func failure() {
    #expect(ActionReport(.replay, isDryRun: false, events: [("a", "replayed")]).failure == nil)
    let some = ActionReport(.replay, isDryRun: false, events: [("a", "replayed"), ("b", "queued")])
    #expect(some.failure?.hasPrefix("1 event could not be replayed") == true)
    #expect(some.text == "a  replayed\nb  queued\n1 queued, 1 replayed")
    let outcomes = ["replayed": 5, "settled": 1]
    #expect(ActionReport(.replay, isDryRun: false, outcomes: outcomes).failure == nil)
    let lost = ActionReport(.replay, isDryRun: false, outcomes: ["payload lost": 2])
    #expect(lost.failure?.contains("discard") == true)
  }

  @Test("A dry run foresees what would come of an event")
  func foreseen() {
    let died = EventState.dead(since: 1)
    #expect(DeadAction.replay.outcome(of: died, reason: "permanent") == "replayed")
    #expect(DeadAction.discard.outcome(of: died, reason: "permanent") == "discarded")
    #expect(DeadAction.replay.outcome(of: died, reason: "payload lost") == "payload lost")
    #expect(DeadAction.discard.outcome(of: died, reason: "payload lost") == "discarded")
    #expect(DeadAction.replay.outcome(of: .queued(position: 0, .held), reason: nil) == "queued")
    #expect(DeadAction.replay.outcome(of: .settled, reason: nil) == "settled")
    #expect(DeadAction.discard.outcome(of: .unknown, reason: nil) == "unknown")
  }
}
