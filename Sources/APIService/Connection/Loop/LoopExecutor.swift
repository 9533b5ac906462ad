import NIOConcurrencyHelpers
import NIOCore

/// Runs tasks on an event loop, so that a request and its connection share a thread. Jobs that come together are run
/// together: the loop is asked once for all of them.
final class LoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop
  private let jobs = NIOLockedValueBox<[UnownedJob]>([])

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  func enqueue(_ job: consuming ExecutorJob) {
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
