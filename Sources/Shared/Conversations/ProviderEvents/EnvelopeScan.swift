/// One pass over a webhook body. Intake and worker both read through it, so they can never differ on what a body says.
struct EnvelopeScan {
  /// What a member turned out to be.
  enum Field<Value> {
    case absent, invalid, valid(Value)
  }

  private(set) var isObject = false
  private(set) var conversationID: Field<ExternalConversationID> = .absent
  private(set) var eventType: Field<EventType> = .absent
  /// Nil where the timestamp is absent or cannot be read.
  private(set) var timestamp: Timestamp?
  /// Where `properties` stands; valid when it is an object.
  private(set) var properties: Field<Range<Int>> = .absent
  /// Where `properties.transcript` stands; valid when it is an array.
  private(set) var transcript: Field<Range<Int>> = .absent
  /// The stretches of members that stay when `webhook_url` goes, without the commas around them.
  private(set) var keptRuns: [Range<Int>] = []
  private(set) var hasRemovals = false
  private var continuesRun = false

  /// Throws for what is no JSON and for a repeated envelope key; a wrong shape is told by the fields.
  init(_ scanner: inout JSONScanner) throws(JSONError) {
    if try scanner.kind() == .object {
      isObject = true
      try readMembers(&scanner)
    } else {
      _ = try scanner.skipValue()
    }
    try scanner.finish()
  }

  private mutating func readMembers(_ scanner: inout JSONScanner) throws(JSONError) {
    try scanner.enter()
    while let key = try scanner.nextMember() {
      if scanner.matches(key, "webhook_url") {
        _ = try scanner.skipValue()
        hasRemovals = true
        continuesRun = false
      } else {
        try readMember(key, &scanner)
        keep(from: key.range.lowerBound - 1, to: scanner.position)
      }
    }
  }

  private mutating func readMember(_ key: JSONText, _ scanner: inout JSONScanner) throws(JSONError) {
    if scanner.matches(key, "conversation_id") {
      conversationID = try name(&scanner, replacing: conversationID, ExternalConversationID.init)
    } else if scanner.matches(key, "event_type") {
      eventType = try name(&scanner, replacing: eventType, EventType.init)
    } else if scanner.matches(key, "properties") {
      try readProperties(&scanner)
    } else if scanner.matches(key, "timestamp") {
      timestamp = try scanner.providerTime()
    } else {
      _ = try scanner.skipValue()
    }
  }

  /// A lone surrogate is no character and U+0000 not allowed, so a name that needed repair is invalid, not repaired:
  /// repair could make two names one.
  private func name<Name>(
    _ scanner: inout JSONScanner, replacing field: Field<Name>, _ make: (String) -> Name?
  ) throws(JSONError) -> Field<Name> {
    guard case .absent = field else { throw scanner.failure(.repeatedKey) }
    guard try scanner.kind() == .string else {
      _ = try scanner.skipValue()
      return .invalid
    }
    let (text, isRepaired) = scanner.decode(try scanner.text())
    guard !isRepaired, let name = make(text) else { return .invalid }
    return .valid(name)
  }

  private mutating func readProperties(_ scanner: inout JSONScanner) throws(JSONError) {
    guard case .absent = properties else { throw scanner.failure(.repeatedKey) }
    guard try scanner.kind() == .object else {
      _ = try scanner.skipValue()
      return properties = .invalid
    }
    let start = scanner.position
    try scanner.enter()
    while let key = try scanner.nextMember() {
      if scanner.matches(key, "transcript") {
        try readTranscript(&scanner)
      } else {
        _ = try scanner.skipValue()
      }
    }
    properties = .valid(start..<scanner.position)
  }

  private mutating func readTranscript(_ scanner: inout JSONScanner) throws(JSONError) {
    guard case .absent = transcript else { throw scanner.failure(.repeatedKey) }
    let isArray = try scanner.kind() == .array
    let range = try scanner.skipValue()
    transcript = isArray ? .valid(range) : .invalid
  }

  private mutating func keep(from start: Int, to end: Int) {
    if continuesRun, let last = keptRuns.last {
      keptRuns[keptRuns.count - 1] = last.lowerBound..<end
    } else {
      keptRuns.append(start..<end)
    }
    continuesRun = true
  }
}
