@testable import Conversations

/// Runs a scanner over bytes.
func scan<Value>(
  _ bytes: [UInt8], _ body: (inout JSONScanner) throws(JSONError) -> Value
) throws(JSONError) -> Value {
  try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) in
    var scanner = JSONScanner(bytes)
    return try body(&scanner)
  }
}

/// Nil when the bytes are one JSON text, else what is wrong with them.
func fault(in bytes: [UInt8]) -> JSONError? {
  do throws(JSONError) {
    try scan(bytes) { (scanner) throws(JSONError) in
      _ = try scanner.skipValue()
      try scanner.finish()
    }
    return nil
  } catch {
    return error
  }
}

/// The rejection a piece of work ends in; nil when it succeeds.
func rejection(_ body: () throws(RequestRejection) -> some Any) -> RequestRejection? {
  do throws(RequestRejection) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

/// `pointer: code` of each error, sorted.
func faults(_ rejection: RequestRejection?) -> [String] {
  (rejection?.errors ?? []).map { error in
    switch error.location {
    case .pointer(let pointer): "\(pointer): \(error.code)"
    case .parameter(let name): "\(name): \(error.code)"
    }
  }.sorted()
}

extension [UInt8] {
  /// The bytes as text, for readable expectations.
  var text: String { String(decoding: self, as: UTF8.self) }
}
