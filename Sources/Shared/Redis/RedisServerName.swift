/// Which server answers: `<run_id>|<master_replid>`. The first changes with every start of a process, the second with
/// every change of the data's history; so no name is ever used for two histories.
enum RedisServerName {
  /// Two commands: Redis before 7.0 takes a single section.
  static let questions = [RedisCommand("INFO", "server"), RedisCommand("INFO", "replication")]

  /// The name from the answers; nil when the server would not say.
  static func name(server: RedisReply, replication: RedisReply) -> String? {
    guard let runID = runID(server), let replicationID = replicationID(replication) else { return nil }
    return name(runID: runID, replicationID: replicationID)
  }

  static func name(runID: String, replicationID: String) -> String { "\(runID)|\(replicationID)" }
  static func runID(_ reply: RedisReply) -> String? { field("run_id", of: reply) }
  static func replicationID(_ reply: RedisReply) -> String? { field("master_replid", of: reply) }

  private static func field(_ name: String, of reply: RedisReply) -> String? {
    reply.string?.split(whereSeparator: \.isNewline)
      .first { $0.hasPrefix("\(name):") }
      .map { String($0.dropFirst(name.count + 1)) }
  }
}
