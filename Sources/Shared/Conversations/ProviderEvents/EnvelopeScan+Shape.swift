extension EnvelopeScan {
  /// What is wrong with the envelope's members; empty when it can be queued.
  var shapeErrors: [FieldError] {
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
