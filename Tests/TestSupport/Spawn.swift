import Glibc

/// The one place that starts a program: an own process group, default signals, no inherited descriptors.
enum Spawn {
  private typealias CloseFrom =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
  private typealias ChangeFolder =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32

  // In the C library since 2.34 and 2.29, but hidden from the Glibc module, which is built without _GNU_SOURCE.
  private static let closeFrom = unsafeBitCast(
    symbol("posix_spawn_file_actions_addclosefrom_np"), to: CloseFrom.self)
  private static let changeFolder = unsafeBitCast(
    symbol("posix_spawn_file_actions_addchdir_np"), to: ChangeFolder.self)

  private static func symbol(_ name: String) -> UnsafeMutableRawPointer {
    guard let symbol = dlsym(nil, name) else { preconditionFailure("no \(name) in the C library") }
    return symbol
  }

  struct Failure: Error { let code: Int32 }

  /// - Parameters:
  ///   - input: standard input, `/dev/null` when nil.
  ///   - output: standard output and standard error, `/dev/null` when nil.
  static func start(
    _ command: [String], environment: [String: String], folder: String, input: Int32?, output: Int32?
  ) -> Result<Int32, Failure> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    connect(input, to: 0, in: &actions)
    connect(output, to: 1, in: &actions)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    _ = closeFrom(&actions, 3)
    _ = changeFolder(&actions, folder)

    var attributes = ownGroupAndDefaultSignals()
    defer { posix_spawnattr_destroy(&attributes) }

    var id: pid_t = 0
    let code = withCStrings(command) { arguments in
      withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
        posix_spawnp(&id, command[0], &actions, &attributes, arguments, variables)
      }
    }
    return code == 0 ? .success(id) : .failure(Failure(code: code))
  }

  /// A pipe whose ends no child inherits.
  static func pipe() -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { preconditionFailure("no pipe: errno \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func connect(
    _ descriptor: Int32?, to target: Int32, in actions: inout posix_spawn_file_actions_t
  ) {
    if let descriptor {
      posix_spawn_file_actions_adddup2(&actions, descriptor, target)
    } else {
      posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
    }
  }

  /// Own group: Ctrl-C on the terminal reaches the tests alone, which then end their children in order.
  private static func ownGroupAndDefaultSignals() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return attributes
  }

  /// Lends a null-terminated array of C strings.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = strings.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    return body(pointers + [nil])
  }
}
