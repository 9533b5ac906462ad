import Redis
import Testing

@testable import Cache

/// A way of breaking the fence on purpose: the tests must notice each of them.
struct FenceFault: Sendable, CustomTestStringConvertible {
  var name = "none"
  /// The order of events that shows it, for one that chance shows too seldom.
  var schedule: FenceSchedule?
  var scripts = CacheScripts.bundled
  /// The trust ends so long after it arrives, not at a moment.
  var vouchesForALength = false
  /// Done is done, on whatever server.
  var marksWithoutName = false
  /// A hit counts while there is a watermark, whatever server it names.
  var ignoresName = false
  /// The watermark comes before the invalidations.
  var vouchesFirst = false
  /// The watermark comes also when an invalidation failed.
  var ignoresFailures = false
  /// The relay takes the rows of the last seconds, not those that are not done.
  var takesRowsByAge = false
  /// Rows done on another server are forgotten after seconds.
  var hasShortMemory = false
  /// The moment is asked for after the rows have been read.
  var asksLate = false
  /// Rows are marked before they are invalidated.
  var marksFirst = false
  /// The youngest rows are left to their writers, and vouched for all the same.
  var vouchesForTheYoungest = false

  var testDescription: String { name }

  /// The fence as it is.
  static let none = FenceFault()

  static let all: [FenceFault] = [
    broken("relative PX", .pauseBeforeSending) { $0.vouchesForALength = true },
    broken("boolean done mark") { $0.marksWithoutName = true },
    broken("no server check, neither in the verdict nor for the watermark", .takeoverBeforeSending) {
      $0.ignoresName = true
      $0.scripts.trust = $0.scripts.trust.replacing("then return 'OTHER' end", by: "then end")
    },
    broken("watermark set before the invalidations") { $0.vouchesFirst = true },
    broken("watermark set although an invalidation failed") { $0.ignoresFailures = true },
    broken("rows by age instead of done_by") { $0.takesRowsByAge = true },
    broken("rows of another server forgotten early") { $0.hasShortMemory = true },
    broken("moment asked for after the snapshot", .pauseInSnapshot) { $0.asksLate = true },
    broken("rows marked before they are invalidated") { $0.marksFirst = true },
    broken("trust not lessened by the grace", .youngRow) { $0.vouchesForTheYoungest = true },
  ]

  private static func broken(
    _ name: String, _ schedule: FenceSchedule? = nil, _ change: (inout FenceFault) -> Void
  ) -> FenceFault {
    var fault = FenceFault(name: name, schedule: schedule)
    change(&fault)
    return fault
  }
}
