#if DEBUG
  import ConversationStore
  import Foundation
  import NIOCore
  import Queue

  extension BatchDelivery {
    /// What the break that this process was started with does before anything is applied.
    func misbehave(_ reservations: [Reservation], _ consumer: QueueConsumer) async {
      switch DeliberateBreak.active {
      case .settleBeforeCommit:
        _ = await consumer.settle(
          reservations.map { Settlement($0.ticket, acknowledged: $0.events.map(\.id)) })
      case .dieOnMarkedPayload:
        let payloads = reservations.flatMap(\.events).map { String(buffer: $0.payload) }
        if payloads.contains(where: { $0.contains(DeliberateBreak.mark) }) { _exit(86) }
      case .hungBatch: await DeliberateBreak.hang()
      case .noFence, .unsortedLocks, .hungLoop, nil: break
      }
    }
  }
#endif
