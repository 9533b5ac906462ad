import ArgumentParser
import Cache
import Keyspace
import Settings

struct CacheInvalidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "invalidate", abstract: "Drop everything cached of a conversation, or of a user's lists.")

  @OptionGroup var choice: GroupChoice
  @OptionGroup var output: OutputOptions

  func run() async throws {
    guard let group = choice.group else { return }
    let report = try await CacheConnection.with { cache in
      InvalidationReport(group, await cache.invalidate([group], lsn: nil))
    }
    try output.print(report)
    guard report.confirmed else {
      throw ProgramFailure(.unavailable, "Redis did not confirm: what it has may still be served; try again")
    }
  }
}

/// What `cache invalidate` prints.
struct InvalidationReport: Report, Equatable {
  let group: String
  let confirmed: Bool
  /// `run_id|master_replid` of who confirmed it, when the server says.
  let server: String?

  init(_ group: CacheGroup, _ confirmation: CacheConfirmation) {
    self.group = group.text
    switch confirmation {
    case .confirmed(let name): (confirmed, server) = (true, name)
    case .unconfirmed: (confirmed, server) = (false, nil)
    }
  }

  var text: String {
    var table = Table()
    table.add("group", group)
    table.add(
      "dropped",
      confirmed
        ? "by a new epoch: no value that is stored, or being loaded, counts any more; next the primary is asked"
        : "not confirmed")
    table.add("confirmed by", ifKnown: server)
    return table.text
  }
}
