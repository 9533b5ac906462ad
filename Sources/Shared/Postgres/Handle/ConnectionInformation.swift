internal import CLibpq

/// libpq's own reading of a connection URL.
enum ConnectionInformation {
  /// The URL's parameters by libpq's keywords, percent-decoded. What the URL leaves out is left out.
  static func parse(_ url: String) throws(PostgresError) -> [String: String] {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(url, &message) else {
      defer { PQfreemem(message) }
      // libpq quotes the offending part, which may be the password: only its kind is passed on.
      throw PostgresError(.invalidURL, reason(message.map { String(cString: $0) } ?? ""))
    }
    defer { PQconninfoFree(options) }
    var parsed: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { parsed[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    return parsed
  }

  private static func reason(_ message: String) -> String {
    if message.contains("URI query parameter") {
      return "a query parameter that is neither libpq's nor Prisma's"
    }
    if message.contains("percent-encoded") { return "it is not percent-encoded properly" }
    return "libpq cannot read it; special characters in user and password must be percent-encoded"
  }
}
