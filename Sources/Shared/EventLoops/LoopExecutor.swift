internal import NIOConcurrencyHelpers
package import NIOCore
internal import NIOPosix

/// Runs tasks on an event loop, so that a request, its connection, and what is loaded for it share a thread. Jobs that
/// come together are run together: the loop is asked once for all of them.
package final class LoopExecutor: TaskExecutor {
  package let eventLoop: any EventLoop
  private let jobs = NIOLockedValueBox<[UnownedJob]>([])

  package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Those of the process's event loops.
  package static let all = EventLoopParts(MultiThreadedEventLoopGroup.singleton) { LoopExecutor($0) }

  /// That of the event loop that asks; nil on any other thread. For tasks that nobody's task is the parent of: they would
  /// go to the pool, and each step of theirs from thread to thread.
  package static var current: LoopExecutor? {
    MultiThreadedEventLoopGroup.currentEventLoop.flatMap { all.part(of: $0) }
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isFirst = jobs.withLockedValue { jobs in
      jobs.append(job)
      return jobs.count == 1
    }
    if isFirst { eventLoop.execute { self.runJobs() } }
  }

  private func runJobs() {
    let executor = asUnownedTaskExecutor()
    let batch = jobs.withLockedValue { jobs in
      defer { jobs = [] }
      return jobs
    }
    for job in batch { job.runSynchronously(on: executor) }
  }
}
