extension EnvelopeScan {
  /// Scans a whole body. Throws `malformedBody`.
  init(checking bytes: UnsafeBufferPointer<UInt8>) throws(RequestRejection) {
    var scanner = JSONScanner(bytes)
    do throws(JSONError) {
      try self.init(&scanner)
    } catch {
      throw .malformed(error)
    }
  }

  /// Who and what the webhook is about. Throws `invalidBody` when the envelope has the wrong shape.
  func names() throws(RequestRejection) -> (id: ExternalConversationID, type: EventType) {
    guard isObject else { throw RequestRejection(.invalidBody, detail: "The body is not a JSON object.") }
    let errors = shapeErrors
    guard errors.isEmpty, case .valid(let id) = conversationID, case .valid(let type) = eventType else {
      throw .invalid(errors)
    }
    return (id, type)
  }

  /// What is wrong with the envelope's members; empty when it can be queued.
  private var shapeErrors: [FieldError] {
    var errors: [FieldError] = []
    let rule = "a string of 1 to 128 characters that is not blank and has no control characters"
    append(&errors, conversationID, "/conversation_id", rule)
    append(&errors, eventType, "/event_type", rule)
    if case .valid(.transcriptionReady) = eventType {
      append(&errors, properties, "/properties", "an object")
      if case .valid = properties { append(&errors, transcript, "/properties/transcript", "an array") }
    }
    return errors
  }

  private func append(
    _ errors: inout [FieldError], _ field: Field<some Any>, _ pointer: String, _ rule: String
  ) {
    switch field {
    case .valid: break
    case .absent:
      errors.append(FieldError(.pointer(pointer), code: "required", detail: "Must be there: \(rule)."))
    case .invalid: errors.append(FieldError(.pointer(pointer), code: "invalid", detail: "Must be \(rule)."))
    }
  }
}
