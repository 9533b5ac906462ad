/// What an answer of the server means for the line of waiting statements.
enum ResultKind: Equatable {
  /// One step done.
  case success
  /// One step refused; the rest of its batch will be skipped.
  case failure
  /// One step skipped for an earlier failure in its batch.
  case skipped
  /// The end of a batch.
  case sync
}
