import ArgumentParser

/// The operator's view of the cache.
struct CacheCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Look at what is cached of a conversation or a user, or drop it.",
    discussion: """
      Needs REDIS_CACHE_URL (or REDIS_URL). Safe beside running programs.

      Exit codes: 0 found or dropped, 1 nothing is cached, 64 usage, 69 Redis is unreachable or did not confirm, \
      78 bad settings.
      """,
    subcommands: [CacheShowCommand.self, CacheInvalidateCommand.self])
}
