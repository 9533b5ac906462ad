import TestSupport

/// Something that goes wrong under load.
struct ConsistencyFault: Sendable, CustomStringConvertible {
  let name: String
  /// Clients talk to different Redis servers, so that what one of them confirms the others may show late.
  let isPartition: Bool
  let play: @Sendable (ConsistencyStage) async throws -> Void

  init(
    _ name: String, isPartition: Bool = false,
    play: @escaping @Sendable (ConsistencyStage) async throws -> Void
  ) {
    self.name = name
    self.isPartition = isPartition
    self.play = play
  }

  var description: String { name }

  static let all = programs + redis + networks + postgres

  /// Something happens to a program while something else happens to what it relies on.
  static func pairs(_ count: Int, _ random: inout SplitMix64) -> [ConsistencyFault] {
    let first = programs.shuffled(using: &random).prefix(count)
    let second = (redis + networks).shuffled(using: &random).prefix(count)
    return zip(first, second).map { first, second in
      ConsistencyFault("\(first), and \(second)", isPartition: second.isPartition) { stage in
        async let other: Void = second.play(stage)
        try await first.play(stage)
        try await other
      }
    }
  }
}

extension ConsistencyFault {
  static let programs = [
    ConsistencyFault("API killed") { stage in try await stage.killAndRestart(stage.apis) },
    ConsistencyFault("worker killed") { stage in try await stage.killAndRestart(stage.workers) },
    ConsistencyFault("relay leader killed") { stage in
      try await stage.killAndRestart([stage.relayLeader()])
    },
    ConsistencyFault("API frozen") { stage in try await stage.freezeAndThaw(stage.apis) },
    ConsistencyFault("worker frozen") { stage in try await stage.freezeAndThaw(stage.workers) },
    ConsistencyFault("relay leader frozen") { stage in
      try await stage.freezeAndThaw([stage.relayLeader()])
    },
  ]

  static let redis = [
    ConsistencyFault("Redis paused") { stage in
      let pause = stage.form.pick(1500, 7000)
      _ = try await stage.cache.primary.run("CLIENT", "PAUSE", "\(pause)", "ALL")
      try await stage.pause(.milliseconds(1800), .seconds(8))
    },
    ConsistencyFault("Redis flushed") { stage in
      for _ in 0..<stage.form.pick(2, 10) {
        _ = try await stage.cache.primary.run("FLUSHALL")
        try await stage.pause(.milliseconds(400), .milliseconds(700))
      }
    },
    ConsistencyFault("Redis full") { stage in
      let redis = stage.cache.primary
      _ = try await redis.run("CONFIG", "SET", "maxmemory-policy", "noeviction")
      _ = try await redis.run("CONFIG", "SET", "maxmemory", "100kb")
      try await stage.pause(.seconds(2), .seconds(9))
      _ = try await redis.run("CONFIG", "SET", "maxmemory", "0")
      _ = try await redis.run("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu")
    },
    ConsistencyFault("Redis killed and restarted") { stage in
      try await stage.cache.primary.kill()
      try await stage.pause(.seconds(1), .seconds(6))
      try await stage.cache.primary.restart()
    },
    ConsistencyFault("Redis failed over to a replica that missed writes") { stage in
      try await stage.cache.partition()
      try await stage.pause(.milliseconds(1500), .seconds(4))
      try await stage.cache.promoteReplica()
      for instance in stage.instances { try await instance.cache.forward(to: stage.cache.primary.port) }
      try await stage.pause(.milliseconds(1500), .seconds(6))
      try await stage.cache.rejoin()
    },
    ConsistencyFault("Redis split: half the programs fail over", isPartition: true) { stage in
      try await stage.cache.partition()
      try await stage.pause(.milliseconds(500), .seconds(4))
      try await stage.cache.promoteReplica()
      let port = stage.cache.primary.port
      for instance in stage.instances where instance.name.hasSuffix("1") {
        try await instance.cache.forward(to: port)
      }
      try await stage.pause(.seconds(2), .seconds(9))
      for instance in stage.instances where !instance.name.hasSuffix("1") {
        try await instance.cache.forward(to: port)
      }
      try await stage.cache.rejoin()
    },
  ]

  static let networks = [
    ConsistencyFault("Redis black-holed") { stage in
      for instance in stage.instances { try await instance.cache.blackHole() }
      try await stage.pause(.seconds(2), .seconds(9))
      for instance in stage.instances { try await instance.cache.forward() }
    },
    ConsistencyFault("connections to Redis cut") { stage in
      for _ in 0..<stage.form.pick(2, 10) {
        for instance in stage.instances { try await instance.cache.cut() }
        try await stage.pause(.milliseconds(300), .milliseconds(500))
      }
    },
    // Only this API reaches Redis, and nothing else: nobody can tell it of a write, and no relay vouches for it.
    ConsistencyFault("an API alone with Redis") { stage in
      let island = try stage.anyAPI()
      for instance in stage.instances where instance !== island { try await instance.cache.blackHole() }
      try await island.database.blackHole()
      try await stage.pause(.seconds(4), .seconds(10))
      try await island.database.forward()
      for instance in stage.instances { try await instance.cache.forward() }
    },
    ConsistencyFault("relay leader cut off from Postgres") { stage in
      let leader = try await stage.relayLeader()
      try await leader.database.blackHole()
      try await stage.pause(.seconds(2), .seconds(9))
      try await leader.database.forward()
    },
  ]

  static let postgres = [
    ConsistencyFault("replica does not replay") { stage in
      _ = try await stage.replica.run("SELECT pg_wal_replay_pause()")
      try await stage.pause(.seconds(2), .seconds(9))
      _ = try await stage.replica.run("SELECT pg_wal_replay_resume()")
    },
    ConsistencyFault("replica stopped and restarted") { stage in
      try await stage.replica.stop()
      try await stage.pause(.seconds(1), .seconds(6))
      try await stage.replica.restart()
    },
    ConsistencyFault("replica black-holed") { stage in
      try await stage.replicaAddress.blackHole()
      try await stage.pause(.milliseconds(1500), .seconds(8))
      try await stage.replicaAddress.forward()
    },
    ConsistencyFault("Postgres restarted") { stage in
      try await stage.system.postgres.restart()
      try await stage.pause(.milliseconds(500), .seconds(4))
    },
  ]
}

extension ConsistencyStage {
  /// Ends one of them as if its machine were gone, and starts it again later.
  fileprivate func killAndRestart(_ candidates: [Instance]) async throws {
    guard let victim = choose(candidates) else { throw IntegrationError("nobody to kill") }
    try await victim.kill()
    try await pause(.seconds(1), .seconds(6))
    try await start(victim)
  }

  /// Stops one of them in the middle of whatever it does, and lets it go on later, with everything it held.
  fileprivate func freezeAndThaw(_ candidates: [Instance]) async throws {
    guard let victim = choose(candidates) else { throw IntegrationError("nobody to freeze") }
    victim.freeze()
    try await pause(.milliseconds(1500), .seconds(8))
    victim.thaw()
  }
}
