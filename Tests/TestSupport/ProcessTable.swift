import Foundation

/// The kernel's list of processes.
enum ProcessTable {
  /// The ids of the processes whose parent is `parent`.
  static func children(of parent: Int32) -> [Int32] {
    // Best effort by nature: a process may end between listing and reading.
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter { parentID(of: $0) == parent }
  }

  private static func parentID(of id: Int32) -> Int32? {
    guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8) else { return nil }
    // "id (name) state parent …", and the name may hold blanks and parentheses.
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 1 ? Int32(fields[1]) : nil
  }
}
