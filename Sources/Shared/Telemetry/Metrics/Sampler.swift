internal import NIOConcurrencyHelpers

/// Looks at something for scrapers: once a second at most, however many ask.
package final class Sampler<Value: Sendable>: Sendable {
  private struct Sample {
    var taken: ContinuousClock.Instant
    /// A bare task: everyone who asks within the second awaits the same one.
    let task: Task<Value, Never>
  }

  private let look: @Sendable () async -> Value
  private let last = NIOLockedValueBox<Sample?>(nil)

  /// - Parameter look: must have a limit of its own.
  package init(_ look: @escaping @Sendable () async -> Value) { self.look = look }

  /// What was seen less than a second ago, or is seen now.
  package func value(at now: ContinuousClock.Instant = .now) async -> Value {
    let task = last.withLockedValue { last in
      if let last, now - last.taken < .seconds(1) { return last.task }
      let task = Task { [look] in await look() }
      last = Sample(taken: now, task: task)
      return task
    }
    return await task.value
  }
}
