import ArgumentParser
import Cache
import Keyspace
import Settings

struct CacheShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is cached of a conversation, or of a user's lists.")

  @OptionGroup var choice: GroupChoice
  @OptionGroup var output: OutputOptions

  func run() async throws {
    guard let group = choice.group else { return }
    let bar = ProgressBar("looking through the keys")
    let report = try await CacheConnection.with { cache in
      defer { bar.clear() }
      let watermark = try await cache.watermark()
      return GroupReport(group, try await cache.inspect(group) { bar.show($0, of: $1) }, watermark)
    }
    try output.print(report)
    if report.fields.isEmpty { throw ProgramFailure(.failure, "nothing is cached of \(group.text)") }
  }
}

/// What `cache show` prints.
struct GroupReport: Report, Equatable {
  struct Fence: Encodable, Sendable, Equatable {
    /// Whether hits of this server count now.
    let trusted: Bool
    /// Why they do not: `lapsed`, `other-server`, `unnamed`.
    let reason: String?
    let secondsLeft: Double
    /// `run_id|master_replid` of the server that was asked.
    let server: String?
    /// Such a name and the timeline of Postgres.
    let watermark: String?
  }

  struct Field: Encodable, Sendable, Equatable {
    let name: String
    let valid: Bool
    let status: Int?
    let gzip: Bool?
    let storedBytes: Int
    let bodyBytes: Int?
    let ageSeconds: Double?
    /// Absent when Redis never drops it.
    let ttlSeconds: Double?
    let lsn: String?
    let owner: String?
    let etag: String?
    /// Of the release that stored it.
    let schema: Int
  }

  let group: String
  let epoch: String?
  /// Absent when only the primary may fill.
  let floor: String?
  let fence: Fence
  let fields: [Field]
  /// The fields that somebody loads at the moment.
  let leases: [String]

  init(_ group: CacheGroup, _ found: CacheInspection, _ watermark: CacheWatermark) {
    self.group = group.text
    epoch = found.epoch
    floor = found.floor.map(Self.lsn)
    fence = Fence(
      trusted: watermark.distrust == nil, reason: watermark.distrust?.rawValue,
      secondsLeft: watermark.left / .seconds(1), server: watermark.server, watermark: watermark.text)
    fields = found.fields.map(Field.init)
    leases = found.leases
  }

  /// As Postgres writes it: `16/B374D848`.
  static func lsn(_ number: UInt64) -> String {
    String(number >> 32, radix: 16, uppercase: true) + "/"
      + String(number & 0xFFFF_FFFF, radix: 16, uppercase: true)
  }

  var text: String {
    var table = Table()
    table.add("group", group)
    table.add("epoch", epoch ?? "none: nothing that is stored counts")
    if epoch != nil { table.add("floor", floor ?? "unknown: only the primary may fill") }
    table.add("server", fence.server ?? "does not say who it is")
    table.add("watermark", fence.watermark ?? "none")
    table.add(
      "trusted",
      fence.trusted ? "yes, for \(fence.secondsLeft) s unless it is extended" : "no: \(fence.reason ?? "")")
    if !leases.isEmpty { table.add("being loaded", leases.joined(separator: ", ")) }
    return fields.isEmpty ? table.text : "\(table.text)\n\n\(fieldTable)"
  }

  private var fieldTable: String {
    var table = Table("FIELD", "VALID", "STATUS", "FORM", "BYTES", "AGE", "TTL", "LSN", "OWNER")
    for field in fields {
      table.add(
        field.name, field.valid ? "yes" : "no", field.status.map(String.init) ?? "unreadable",
        field.gzip.map { $0 ? "gzip" : "plain" } ?? "", "\(field.bodyBytes ?? field.storedBytes)",
        field.ageSeconds.map { "\($0) s" } ?? "", field.ttlSeconds.map { "\($0) s" } ?? "never",
        field.lsn ?? "unknown", field.owner ?? "nobody")
    }
    return table.text
  }
}

extension GroupReport.Field {
  fileprivate init(_ field: CacheInspection.Field) {
    name = field.name
    schema = field.schema
    valid = field.isValid
    storedBytes = field.storedBytes
    ttlSeconds = field.left.map { $0 / .seconds(1) }
    status = field.header?.status
    gzip = field.header.map { $0.form == .gzip }
    bodyBytes = field.header?.bodyBytes
    ageSeconds = field.header.map { $0.age / .seconds(1) }
    lsn = field.header?.lsn.map(GroupReport.lsn)
    owner = field.header?.owner
    etag = field.header?.etag
  }
}
