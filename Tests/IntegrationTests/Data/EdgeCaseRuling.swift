/// What the contract makes of an edge case.
enum EdgeCaseRuling: Sendable {
  /// 202, and exactly these messages; nil: those that the transcript lists.
  case stored([ExpectedMessage]?)
  /// 202, and no message row written or changed.
  case ignored
  /// This status, and nothing queued.
  case refused(Int)

  init(_ edgeCase: EdgeCase) throws {
    switch edgeCase.expectation {
    case _ where edgeCase.isPolicy:
      guard let choice = Self.choices[edgeCase.name] else {
        throw IntegrationError("no choice is written down for \(edgeCase.name)")
      }
      self = choice
    case .accept: self = .stored(nil)
    case .ignore: self = .ignored
    case .reject: self = .refused(Self.malformed.contains(edgeCase.name) ? 400 : 422)
    }
  }

  /// The judgement calls, each with the sentence of the contract that decides it.
  private static let choices: [String: EdgeCaseRuling] = [
    // "Anything else → its JSON text."
    "tool_content_object": .stored([
      message(0, "tool", #"{"rows":[1,2]}"#), message(1, "assistant", "Done."),
    ]),
    "content_number": .stored([message(0, "user", "42")]),
    // "Null or absent → empty"; skipped only with neither role nor content.
    "content_missing_user": .stored([message(0, "user", "")]),
    // "An unknown one is kept as sent."
    "unknown_roles": .stored(
      ["narrator", "USER", "Assistant", "replica", "pal", "developer", ""].enumerated().map {
        message($0.offset, $0.element, "x")
      }),
    // "Role absent or no string → unknown."
    "missing_role": .stored([message(0, "unknown", "who said this"), message(1, "assistant", "me")]),
    "role_number": .stored([message(0, "unknown", "a")]),
    // "An entry is skipped (and counted) when it is no object …"
    "entry_string": .stored([message(0, "user", "ok")]),
    "entry_array": .stored([message(0, "user", "ok")]),
    "entry_number": .stored([message(0, "user", "ok")]),
    // "Milliseconds when ≥ 10¹¹, also in a string."
    "timestamps_epoch_millis_and_numeric_string": .stored([
      message(0, "user", "a", 1_786_505_572_316), message(1, "assistant", "b", 1_786_505_572_316),
    ]),
    // "Null, nonsense or outside 1970–2100 → null."
    "number_overflow_double": .stored([message(0, "user", "a")]),
    // "timestamp (string or number, optional)".
    "envelope_timestamp_epoch": .stored(nil),
    // "It replaces the stored one when it has at least as many entries and its event time is not earlier."
    "second_version_longer": .stored(nil),
    // "Kept and compared byte for byte."
    "conversation_id_lookalikes": .stored(nil),
    // "1–128 scalars": 422.
    "conversation_id_10k_chars": .refused(422),
    // "Missing or bad envelope fields": 422.
    "replica_training_callback": .refused(422),
    // "Not UTF-8": 400.
    "utf16_body": .refused(400),
    // "A repeated conversation_id/event_type/properties/transcript key": 400.
    "duplicate_keys_conversation_id": .refused(400),
    "duplicate_keys_transcript": .refused(400),
    // "Nested deeper than 512" is refused, less is not.
    "deep_objects_100": .stored([]),
  ]

  /// Not JSON, not UTF-8 or nested too deep: 400. What is JSON of the wrong shape: 422.
  private static let malformed: Set = [
    "empty_body", "whitespace_body", "truncated_mid_string", "truncated_last_brace", "trailing_garbage",
    "two_documents", "json5_comment_trailing_comma", "nan_literal", "raw_control_in_string", "html_body",
    "invalid_utf8_ff", "invalid_utf8_truncated_char", "invalid_utf8_overlong_nul", "invalid_utf8_surrogate",
    "gzip_without_header", "deep_arrays_10000", "deep_objects_10000", "deep_arrays_unclosed",
  ]

  private static func message(
    _ position: Int, _ role: String, _ content: String, _ spokenAt: Int? = nil
  ) -> ExpectedMessage {
    ExpectedMessage(
      position: position, role: Array(role.utf8), content: Array(content.utf8), spokenAt: spokenAt)
  }
}
