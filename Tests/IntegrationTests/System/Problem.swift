import Foundation
import Testing

/// Expects an RFC 9457 problem with all members that the contract names.
func expectProblem(
  _ answer: Answer, _ status: Int, code: String? = nil, comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(answer.status == status, comment ?? "\(answer)", sourceLocation: sourceLocation)
  #expect(answer.field("Content-Type") == "application/problem+json", comment, sourceLocation: sourceLocation)
  guard let problem = try? answer.object() else {
    Issue.record("no JSON object: \(answer)", sourceLocation: sourceLocation)
    return
  }
  let members: Set = ["type", "title", "status", "detail", "instance", "code", "requestId"]
  #expect(Set(problem.keys).subtracting(["errors"]) == members, comment, sourceLocation: sourceLocation)
  #expect(problem["status"] as? Int == status, comment, sourceLocation: sourceLocation)
  #expect(
    problem["requestId"] as? String == answer.field("X-Request-Id"), comment, sourceLocation: sourceLocation)
  for name in ["type", "title", "detail", "instance", "code"] {
    #expect(
      (problem[name] as? String)?.isEmpty == false, "\(name): \(problem)", sourceLocation: sourceLocation)
  }
  if let code { #expect(problem["code"] as? String == code, comment, sourceLocation: sourceLocation) }
}

/// The pointers or parameters of a problem's `errors`, each with its code.
func faults(_ answer: Answer) throws -> [String: String] {
  let errors = try answer.object()["errors"] as? [[String: String]] ?? []
  return Dictionary(
    errors.map { ($0["pointer"] ?? $0["parameter"] ?? "?", $0["code"] ?? "?") }, uniquingKeysWith: { $1 })
}
