import Settings

/// Which browsers' pages may call: `CORS_ORIGINS`.
struct CrossOriginSettings: Sendable {
  /// Comma-separated, such as `https://app.example.com`; none turns CORS off.
  var origins: Set<String> = []

  init() {}

  init(reader: SettingsReader) {
    for origin in reader.list(reader.string("CORS_ORIGINS")) {
      if let fault = Self.fault(of: origin) {
        reader.report("CORS_ORIGINS", "has \(origin): \(fault)")
      } else {
        origins.insert(origin)
      }
    }
  }

  /// An origin is compared byte for byte with what browsers send; another spelling would never match.
  private static func fault(of origin: String) -> String? {
    if origin == "*" || origin == "null" { return "name each origin that may call" }
    guard let colon = origin.firstIndex(of: ":"), origin[colon...].hasPrefix("://"),
      origin[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }),
      origin.first?.isLetter == true
    else { return "write scheme, host and, if need be, port: https://app.example.com" }
    let authority = String(origin[colon...].dropFirst(3))
    if authority.contains("/") { return "leave out the path, also a slash at the end" }
    guard Authority.isValid(authority), !authority.hasSuffix(":") else {
      return "its host or port is malformed"
    }
    if origin != origin.lowercased() { return "write it in lower case, as browsers do" }
    let usual = ["http": ":80", "https": ":443"][origin[..<colon]]
    if let usual, authority.hasSuffix(usual) { return "leave out the usual port, as browsers do" }
    return nil
  }
}
