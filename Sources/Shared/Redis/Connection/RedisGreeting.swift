/// What a new connection says before any caller's command, all in one write: log in, pick the database, ask
/// who the server is, and name the scripts that will be called.
struct RedisGreeting: Equatable {
  enum Step: Equatable {
    case authenticate
    case select
    case setName
    case serverInformation
    case replicationInformation
    case loadScript
  }

  enum Outcome: Equatable {
    case next
    case finished(serverName: String?)
    case refused(RedisError)
  }

  private var steps: ArraySlice<Step>
  private var runID: String?
  private var replicationID: String?

  init(_ steps: [Step]) {
    precondition(!steps.isEmpty, "a greeting has at least one step")
    self.steps = steps[...]
  }

  /// Its steps for a URL, with their commands in the same order.
  static func plan(
    for url: RedisURL, clientName: String, scripts: [RedisScript] = []
  ) -> (greeting: RedisGreeting, commands: [RedisCommand]) {
    var plan: [(Step, RedisCommand)] = []
    if let password = url.password {
      let login = [url.username, password].compactMap { $0.map { RedisArgument($0) } }
      plan.append((.authenticate, RedisCommand("AUTH", login)))
    }
    if url.database != 0 { plan.append((.select, RedisCommand("SELECT", RedisArgument(url.database)))) }
    plan.append((.setName, RedisCommand("CLIENT", "SETNAME", RedisArgument(clientName))))
    plan += zip([.serverInformation, .replicationInformation], RedisServerName.questions)
    for script in scripts {
      plan.append((.loadScript, RedisCommand("SCRIPT", "LOAD", RedisArgument(script.source))))
    }
    return (RedisGreeting(plan.map(\.0)), plan.map(\.1))
  }

  /// The reply to the first outstanding step.
  mutating func replied(_ reply: RedisReply) -> Outcome {
    switch (steps.popFirst(), reply.error) {
    case (.authenticate, let error?), (.select, let error?):
      return .refused(error)
    case (_, let error?) where Self.turnsUsAway(error):
      return .refused(error)
    case (_, nil) where reply.string == nil:
      // Only something that is no Redis does this: an echo server, or our own socket connected to itself.
      return .refused(RedisError(.protocolViolation, "the greeting was answered as Redis never does"))
    case (.serverInformation, nil):
      runID = RedisServerName.runID(reply)
    case (.replicationInformation, nil):
      replicationID = RedisServerName.replicationID(reply)
    default:
      // An ACL may forbid INFO, CLIENT and SCRIPT: the connection works, only the server stays unnamed.
      break
    }
    return steps.isEmpty ? .finished(serverName: serverName) : .next
  }

  /// Login missing, protected mode, or too many clients: Redis sends the last two unasked and hangs up.
  private static func turnsUsAway(_ error: RedisError) -> Bool {
    ["NOAUTH", "DENIED"].contains(error.serverPrefix ?? "")
      || error.detail.hasPrefix("ERR max number of clients")
  }

  private var serverName: String? {
    guard let runID, let replicationID else { return nil }
    return RedisServerName.name(runID: runID, replicationID: replicationID)
  }
}
