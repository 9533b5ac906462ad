import Postgres
import Redis
import Settings

/// What the doctor looks at. Each part is read by itself: a bad setting hides what it leads to, and nothing else.
struct DoctorSettings: Sendable {
  /// Those of the service, or everything that is wrong with them.
  let service: Result<APISettings, SettingsError>
  let writeURL: PostgresURL?
  /// Nil also when it is the write URL.
  let directURL: PostgresURL?
  let replicaURLs: [PostgresURL]
  let preparedStatements: Bool
  let cacheURL: RedisURL?
  let queueURL: RedisURL?
  let queueShards: Int
  /// Nil also when there is no identity provider.
  let keySource: KeySetSource?

  init(reader: SettingsReader) {
    // All of what is wrong with the parts is in there already.
    service = Result { () throws(SettingsError) in try APISettings(reader: reader) }
    let writeURL = BackendSettings.writeURL(reader: reader)
    self.writeURL = writeURL
    directURL = BackendSettings.directURL(reader: reader).flatMap { $0 == writeURL ? nil : $0 }
    replicaURLs = BackendSettings.replicaURLs(reader: reader).filter { $0 != writeURL }
    preparedStatements = reader.boolean("DATABASE_PREPARED_STATEMENTS", default: true)
    cacheURL = BackendSettings.cacheURL(reader: reader)
    queueURL = BackendSettings.queueURL(reader: reader)
    queueShards = APISettings.queueShards(reader: reader)
    keySource = IdentitySettings(reader: reader).keySource
  }

  /// Why the command ends with 78, whatever else it finds; nil when all settings can be used.
  var failure: ProgramFailure? {
    guard case .failure(let error) = service else { return nil }
    return ProgramFailure(.configuration, "\(counted(error.problems.count, "setting")) cannot be used")
  }
}
