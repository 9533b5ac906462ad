import Foundation
import Glibc

/// Debian keeps the server's programs out of `PATH`, and Postgres refuses to run as root.
enum PostgresPrograms {
  /// The path of a program of the newest installed version; the bare name where Debian's layout is absent.
  static func path(_ program: String) -> String {
    let base = "/usr/lib/postgresql"
    // Absent on other systems, where `PATH` leads to the programs.
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
    guard let newest = versions.max(by: { (Int($0) ?? 0) < (Int($1) ?? 0) }) else { return program }
    return "\(base)/\(newest)/bin/\(program)"
  }

  /// The command that runs `program` as this user, or as user `postgres` when this one is root.
  static func asServerUser(_ program: String) -> [String] {
    guard geteuid() == 0 else { return [path(program)] }
    // Becomes the program, so that the child's id is the server's own.
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", path(program)]
  }

  /// Hands a folder to the user that `asServerUser` runs as.
  static func giveToServerUser(_ folder: String) throws {
    guard geteuid() == 0 else { return }
    guard let user = getpwnam("postgres") else { throw TestSupportError("no user named postgres") }
    guard chown(folder, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
      throw TestSupportError("cannot hand over \(folder): errno \(errno)")
    }
  }
}
