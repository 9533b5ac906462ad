/// Reads the members of a client's JSON object and gathers everything that is wrong with them.
struct ClientBody {
  private var scanner: JSONScanner
  private var seen: Set<String> = []
  private var errors: [FieldError] = []
  private var forbidden: [FieldError] = []

  /// Runs `body` over the members of the object; a fault it noted wins over its result, and malformed text over both.
  static func read<Value>(
    _ bytes: Span<UInt8>, _ body: (inout ClientBody) throws(JSONError) -> Value
  ) throws(RequestRejection) -> Value {
    let result: Result<Value, RequestRejection> = bytes.withUnsafeBufferPointer { bytes in
      var members = ClientBody(scanner: JSONScanner(bytes))
      do throws(JSONError) {
        let value = try members.readObject(body)
        return members.outcome(value)
      } catch {
        return .failure(.malformed(error))
      }
    }
    return try result.get()
  }

  private init(scanner: JSONScanner) { self.scanner = scanner }

  private mutating func readObject<Value>(
    _ body: (inout ClientBody) throws(JSONError) -> Value
  ) throws(JSONError) -> Value? {
    var value: Value?
    if try scanner.kind() == .object {
      try scanner.enter()
      value = try body(&self)
    } else {
      _ = try scanner.skipValue()
    }
    try scanner.finish()
    return value
  }

  private func outcome<Value>(_ value: Value?) -> Result<Value, RequestRejection> {
    guard let value else {
      return .failure(RequestRejection(.invalidBody, detail: "The body is not a JSON object."))
    }
    guard forbidden.isEmpty else {
      let detail = "Only the roles service and admin may send this."
      return .failure(RequestRejection(.forbiddenField, detail: detail, errors: forbidden))
    }
    return errors.isEmpty ? .success(value) : .failure(.invalid(errors))
  }

  /// The next member's key; nil after the last.
  mutating func next() throws(JSONError) -> String? {
    guard let token = try scanner.nextMember() else { return nil }
    let key = scanner.decode(token).string
    if !seen.insert(key).inserted { refuse(key, "repeated_member", "Must be there only once.") }
    return key
  }

  /// Passes over a member nobody knows.
  mutating func refuseUnknown(_ key: String) throws(JSONError) {
    _ = try scanner.skipValue()
    refuse(key, "unknown_member", "There is no such member.")
  }

  /// Nil when it is null.
  mutating func title() throws(JSONError) -> String? {
    guard let title = try optionalString("title") else { return nil }
    if title.utf8.count > 1000, title.unicodeScalars.count > 1000 {
      refuse("title", "too_long", "Must have at most 1,000 characters.")
    }
    return title
  }

  /// Nil when there was a fault.
  mutating func status(for role: PrincipalRole) throws(JSONError) -> ConversationStatus? {
    let isNull = try scanner.kind() == .null
    guard let text = try optionalString("status") else {
      if isNull { refuse("status", "not_nullable", "Must not be null.") }
      return nil
    }
    guard let status = ConversationStatus(rawValue: text) else {
      refuse("status", "invalid", "Must be pending, active, ended or failed.")
      return nil
    }
    if !role.maySet(status) { refuse("status", "not_allowed", "Users may set only ended or failed.") }
    return status
  }

  /// Nil when it is null. In canonical form, which Postgres takes as `jsonb`.
  mutating func metadata() throws(JSONError) -> [UInt8]? {
    switch try scanner.kind() {
    case .null: break
    case .object:
      let normalized = try NormalizedJSON(&scanner)
      errors += MetadataRules.faults(inClient: normalized)
      return normalized.bytes
    default: refuse("metadata", "wrong_type", "Must be an object.")
    }
    _ = try scanner.skipValue()
    return nil
  }

  /// A name only service and admin may send; nil when it is null or there was a fault.
  mutating func name<Name>(
    _ key: String, as make: (String) -> Name?, for role: PrincipalRole, rule: String
  ) throws(JSONError) -> Name? {
    if try scanner.kind() != .null, !role.seesEverything {
      _ = try scanner.skipValue()
      let detail = "Only the roles service and admin may send this."
      forbidden.append(FieldError(member: key, code: "forbidden_field", detail: detail))
      return nil
    }
    guard let text = try unrepairedString(key) else { return nil }
    guard let name = make(text) else {
      refuse(key, "invalid", "Must be \(rule).")
      return nil
    }
    return name
  }

  /// Nil when it is null or there was a fault.
  private mutating func optionalString(_ key: String) throws(JSONError) -> String? {
    switch try scanner.kind() {
    case .string: return try scanner.string()
    case .null: break
    default: refuse(key, "wrong_type", "Must be a string.")
    }
    _ = try scanner.skipValue()
    return nil
  }

  /// A name that holds U+0000 or a lone surrogate is refused: repair could make two names one.
  private mutating func unrepairedString(_ key: String) throws(JSONError) -> String? {
    guard try scanner.kind() == .string else { return try optionalString(key) }
    let (text, isRepaired) = scanner.decode(try scanner.text())
    return isRepaired ? "" : text
  }

  private mutating func refuse(_ key: String, _ code: String, _ detail: String) {
    guard errors.count < RequestRejection.maximumErrors else { return }
    errors.append(FieldError(member: key, code: code, detail: detail))
  }
}
