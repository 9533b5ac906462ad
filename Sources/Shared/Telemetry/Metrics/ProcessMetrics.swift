internal import Foundation
internal import Glibc

/// What Linux tells about this process.
package enum ProcessMetrics {
  /// Read anew at each call, from `/proc`, which never blocks. What cannot be read is left out.
  package static var families: [MetricFamily] {
    var families = [MetricFamily(MetricName.processCPU, .counter, cpuSeconds)]
    if let memory { families.append(MetricFamily(MetricName.processMemory, .gauge, memory)) }
    if let openFiles { families.append(MetricFamily(MetricName.processOpenFiles, .gauge, openFiles)) }
    if let maximumFiles {
      families.append(MetricFamily(MetricName.processMaximumFiles, .gauge, maximumFiles))
    }
    if let start { families.append(MetricFamily(MetricName.processStart, .gauge, start)) }
    return families
  }

  private static var cpuSeconds: Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(0) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
    }
  }

  private static var memory: Int? {
    let pages = text("/proc/self/statm")?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return pages.map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
  }

  private static var openFiles: Int? {
    // The folder's own descriptor is among them while it is read; nobody minds one.
    try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
  }

  private static var maximumFiles: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
    return Int(exactly: limit.rlim_cur)
  }

  /// Since the Unix epoch, in seconds; it never changes.
  private static let start: Double? = {
    // The name in parentheses may hold blanks; what follows begins with the third field, and we want the 22nd.
    let fields = text("/proc/self/stat")?.split(separator: ")").last?.split(separator: " ")
    let boot = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }?.dropFirst(6)
    guard let ticks = fields.flatMap({ $0.count > 19 ? Double($0[19]) : nil }),
      let since = boot.flatMap({ Double($0) })
    else { return nil }
    return since + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }()

  private static func text(_ path: String) -> String? {
    try? String(contentsOfFile: path, encoding: .utf8)
  }
}
