import Foundation
import Glibc

/// Sees to it that nothing a test process started outlives it, however it ends.
///
/// A small `sh` holds the reading end of a pipe whose writing end only this process has. When this process is gone,
/// by return, crash or SIGKILL, the pipe ends and the shell kills the children and removes the folder.
/// A parent-death signal would not do: Linux binds it to the thread that forked, and Swift's threads come and go.
enum LifeLine {
  /// The one temporary folder of this test process; every data directory lies below it.
  static let folder: String = {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(base)/freshet-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { preconditionFailure("no temporary folder: errno \(errno)") }
    // Postgres runs as another user when the tests run as root; it has to pass through.
    chmod(template, 0o711)
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }()

  /// Has `child` killed after this process: first by `farewell`, eight seconds later by SIGKILL.
  static func hold(child: Int32, farewell: Int32) { send("child \(child) \(farewell)") }

  /// Forgets a child that was waited for, because its id may be given to a stranger now.
  static func release(child: Int32) { send("gone \(child) 0") }

  private static let script = """
    trap '' INT TERM HUP QUIT
    # A container without an init keeps the dead as zombies.
    alive() { read -r _ _ state _ <"/proc/$1/stat" && [ "$state" != Z ]; }
    children=''
    while read -r verb id farewell; do
      case $verb in
        child) children="$children $id:$farewell" ;;
        gone)
          rest=''
          for child in $children; do [ "${child%:*}" = "$id" ] || rest="$rest $child"; done
          children=$rest ;;
      esac
    done
    for child in $children; do kill -"${child#*:}" "${child%:*}"; kill -CONT "${child%:*}"; done
    polls=0
    for child in $children; do
      while alive "${child%:*}" && [ $polls -lt 80 ]; do sleep 0.1; polls=$((polls + 1)); done
      kill -KILL "${child%:*}"
    done
    rm -rf "$1"
    """

  private static let pipe: Int32 = {
    let pipe = Spawn.pipe()
    let spawned = Spawn.start(
      ["/bin/sh", "-c", script, "life-line", folder], environment: ["PATH": "/usr/bin:/bin"], folder: "/",
      input: pipe.reading, output: nil)
    guard case .success = spawned else { preconditionFailure("no /bin/sh: \(spawned)") }
    close(pipe.reading)
    return pipe.writing
  }()

  private static func send(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // Shorter than PIPE_BUF, so a single write is whole or not at all.
    guard write(pipe, bytes, bytes.count) == bytes.count else {
      preconditionFailure("the life line broke: errno \(errno)")
    }
  }
}
