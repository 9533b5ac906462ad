import Foundation

/// Compares entity tags as RFC 9110, 13.1 says.
enum EntityTag {
  /// `If-None-Match`: weak comparison; `*` matches whatever exists.
  static func ifNoneMatch(_ fields: [String], matches etag: String) -> Bool {
    tags(fields).contains { $0 == "*" || ($0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0) == etag }
  }

  /// `If-Match`: strong comparison; absent means no condition.
  static func ifMatch(_ fields: [String], matches etag: String) -> Bool {
    fields.isEmpty || tags(fields).contains { $0 == "*" || $0 == etag }
  }

  /// Our own tags hold no commas, so splitting at them cannot break one that could match.
  private static func tags(_ fields: [String]) -> [String] {
    fields.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
