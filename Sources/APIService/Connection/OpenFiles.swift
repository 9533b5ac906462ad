import Foundation

/// How many connections the process can hold, by the system's limit of open files.
enum OpenFiles {
  /// Raises the limit as far as the process may, and leaves enough for databases and files of its own.
  static func connectionLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 768 }
    limit.rlim_cur = min(limit.rlim_max, 1 << 20)
    // It may be refused; then the old one holds.
    if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    let files = Int(limit.rlim_cur)
    return max(files - min(256, files / 2), 16)
  }
}
