internal import Keyspace

/// Everything that Redis has of one group, as an operator sees it.
package struct CacheInspection: Sendable, Equatable {
  /// What values must carry to count; nil when there is no record, and nothing counts.
  package let epoch: String?
  /// What a replica must have replayed to fill; nil when only the primary may.
  package let floor: UInt64?
  /// What is stored, by name.
  package let fields: [Field]
  /// What somebody loads at the moment, by name.
  package let leases: [String]

  /// One stored answer.
  package struct Field: Sendable, Equatable {
    package let name: String
    /// Of its key; a release reads its own only.
    package let schema: Int
    /// In Redis, header included.
    package let storedBytes: Int
    /// Until Redis drops it; nil if never.
    package let left: Duration?
    /// What the header says; nil for bytes that are none of ours.
    package let header: Header?

    /// Whether a reader of this release would be served this, if the server is trusted.
    package var isValid: Bool { header?.carriesEpoch == true && schema == CacheKeys.schema }
  }

  /// What is known of a stored answer.
  package struct Header: Sendable, Equatable {
    /// Whether it carries the group's epoch of now.
    package let carriesEpoch: Bool
    /// The HTTP status.
    package let status: Int
    package let form: ContentForm
    /// Of the body, in its form.
    package let bodyBytes: Int
    package let age: Duration
    /// Where the database was when it was read; nil if unknown.
    package let lsn: UInt64?
    /// Nil when it is nobody's.
    package let owner: String?
    package let etag: String
  }
}
