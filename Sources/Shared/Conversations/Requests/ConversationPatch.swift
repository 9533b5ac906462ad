/// The body of `PATCH /conversations/{id}`, checked as far as it can be without the row.
package struct ConversationPatch: Equatable, Sendable {
  /// A member of a merge patch.
  package enum Change<Value: Equatable & Sendable>: Equatable, Sendable {
    case unchanged, cleared, set(Value)
  }

  /// At most 1,000 scalars.
  package var title: Change<String> = .unchanged
  /// A status the caller's role may set.
  package var status: ConversationStatus?
  /// An RFC 7396 patch of the metadata, a JSON object.
  package var metadata: Change<[UInt8]> = .unchanged

  /// Throws `malformedBody` or `invalidBody`, with every fault at once.
  package init(decoding body: Span<UInt8>, role: PrincipalRole) throws(RequestRejection) {
    self = try ClientBody.read(body) { (members) throws(JSONError) in
      var patch = ConversationPatch()
      while let key = try members.next() {
        switch key {
        case "title": patch.title = Change(try members.title())
        case "status": patch.status = try members.status(for: role)
        case "metadata": patch.metadata = Change(try members.metadata())
        default: try members.refuseUnknown(key)
        }
      }
      return patch
    }
  }

  /// The same for bytes that stand in an array.
  package init(decoding body: [UInt8], role: PrincipalRole) throws(RequestRejection) {
    try self.init(decoding: body.span, role: role)
  }

  private init() {}

  /// The row as the patch leaves it, times untouched; equal to `conversation` when nothing changes. Throws `invalidBody`
  /// when the merged metadata grows over its limits.
  package func applied(to conversation: Conversation) throws(RequestRejection) -> Conversation {
    var result = conversation
    switch title {
    case .unchanged: break
    case .cleared: result.title = nil
    case .set(let title): result.title = title
    }
    result.status = status ?? conversation.status
    result.metadata = try mergedMetadata(conversation.metadata)
    return result
  }

  private func mergedMetadata(_ stored: [UInt8]) throws(RequestRejection) -> [UInt8] {
    let merged: Result<[UInt8], RequestRejection>
    do throws(JSONError) {
      merged = try MetadataRules.merge(metadata, into: stored)
    } catch {
      throw RequestRejection(.invalidBody, detail: "The stored metadata cannot be merged with: \(error).")
    }
    return try merged.get()
  }
}

extension ConversationPatch.Change {
  /// A value that was null clears.
  init(_ value: Value?) {
    self = value.map(Self.set) ?? .cleared
  }
}
