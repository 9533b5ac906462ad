import HTTPTypes

/// A failure on a limited route: answered like its cause, with the limit's fields.
struct LimitedFailure: Error, CustomStringConvertible {
  let cause: any Error
  let fields: HTTPFields

  var description: String { "\(cause)" }
}
