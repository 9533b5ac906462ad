/// A value for `$n`. It travels in binary with its type declared, so `unnest($1::text[], …)` needs no
/// guessing
/// and no text is ever cut at a NUL byte: the server refuses that with 22021.
///
/// `nil` is a NULL of the case's type and shares the prepared statement of the non-null value.
package enum PostgresParameter: Sendable, Equatable {
  /// A NULL whose type the server infers. Prefer a typed one: each mixture of types is prepared separately.
  case null
  /// `boolean`.
  case bool(Bool?)
  /// `bigint`; Postgres compares and assigns it to smaller integers, indexes included.
  case int(Int64?)
  /// `text`.
  case text(String?)
  /// `jsonb` from its UTF-8 text. `\u0000` in it is refused with 22P05.
  case json([UInt8]?)
  /// `bytea`.
  case binary([UInt8]?)
  /// `uuid`.
  case uuid(PostgresUUID?)
  /// `timestamptz` in microseconds since 1970.
  case timestamp(Int64?)
  /// `text[]`.
  case textArray([String?])
  /// `integer[]`.
  case intArray([Int32?])
  /// `bigint[]`.
  case bigintArray([Int64?])
  /// `uuid[]`.
  case uuidArray([PostgresUUID?])
  /// `timestamptz[]` in microseconds since 1970.
  case timestampArray([Int64?])
  /// `boolean[]`.
  case boolArray([Bool?])
}
