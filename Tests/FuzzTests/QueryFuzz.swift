import ConversationStore
import Conversations
import TestSupport
import Testing

/// Query strings, as the lists read them.
struct QueryFuzz: FuzzTarget {
  let name = "query strings"
  let dictionary = [
    "&", "=", "%", "%25", "%00", "%ff", "%c3%a9", "%C0%80", "+", "page=", "limit=", "status=", "active",
    "ended",
    "transcriptReceived=", "true", "false", "userId=", "total=", "cursor=", "auth0%7Canna", "1", "100", "101",
    "0",
    "-1", "٣", "１", "&&", "==", "page=1&page=2",
  ]
  let seeds = [
    "page=2&limit=25&status=active&transcriptReceived=true", "userId=auth0%7Canna&total=false",
    "cursor=&limit=3",
    "page=1", "", "%zz=1&a", "status=pending&&",
  ].map { Array($0.utf8) }

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    var query = QueryParameters(String(decoding: input, as: UTF8.self))
    let filter = ConversationFilter(&query, subject: nil, role: .admin)
    let list = ListRequest(&query)
    do { try query.finish() } catch {
      guard !error.errors.isEmpty else { throw FuzzFinding(description: "a refusal without a reason") }
      return .refused(Set(error.errors.map(\.code)).sorted().joined(separator: "+"))
    }
    guard (1...100).contains(list.page.limit), list.page.page >= 1, list.page.page * list.page.limit <= 10_000
    else {
      throw FuzzFinding(description: "a page outside its limits was accepted: \(list.page)")
    }
    return .accepted(filter.normalized)
  }
}

extension FuzzTests {
  @Test("Whatever a query string holds, it is refused with a reason or within the limits")
  func queries() async throws {
    var fuzzer = try Fuzzer(QueryFuzz())
    try await fuzzer.run()
  }
}
