/// What the OpenAPI document allows an answer to be.
struct PublishedContract {
  private let schema: JSONSchema

  /// - Parameter document: what `APIService openapi` prints.
  init(_ document: JSONValue) { schema = JSONSchema(document: document) }

  /// What is in an answer and not in the document; empty when it keeps to it.
  func faults(_ method: String, _ path: String, _ answer: Answer) -> [String] {
    guard let methods = methods(of: path) else {
      return [400, 404].contains(answer.status) ? problemFaults(answer) : ["nothing is documented there"]
    }
    if method == "OPTIONS" { return [] }
    guard let operation = methods[method == "HEAD" ? "get" : method.lowercased()] else {
      return [401, 405].contains(answer.status) ? problemFaults(answer) : ["the method is not documented"]
    }
    guard let response = response(of: operation, answer.status) else {
      return ["the status is not documented"]
    }
    return headerFaults(response, answer)
      + (method == "HEAD" || answer.body.isEmpty ? [] : bodyFaults(response, answer))
  }

  /// The operations of the path that matches: a segment in braces takes any one.
  private func methods(of path: String) -> [String: JSONValue]? {
    let segments = Self.segments(path.prefix { $0 != "?" })
    return schema.document["paths"]?.members.first { template, _ in
      let parts = Self.segments(template[...])
      return parts.count == segments.count
        && zip(parts, segments).allSatisfy { $0 == $1 || ($0.hasPrefix("{") && !$1.isEmpty) }
    }?.value.members
  }

  private static func segments(_ path: Substring) -> [Substring] {
    path.split(separator: "/", omittingEmptySubsequences: false)
  }

  private func response(of operation: JSONValue, _ status: Int) -> JSONValue? {
    let response = operation["responses"]?["\(status)"]
    return response?["$ref"]?.text.flatMap(schema.lookUp) ?? response
  }

  /// What every HTTP message may carry.
  private static let ofTransport: Set = [
    "content-length", "content-type", "date", "connection", "transfer-encoding",
  ]

  private func headerFaults(_ response: JSONValue, _ answer: Answer) -> [String] {
    let documented = response["headers"]?.members ?? [:]
    return answer.headers.flatMap { name, value -> [String] in
      let lower = name.lowercased()
      // What CORS adds is between browsers and the service.
      if Self.ofTransport.contains(lower) || lower.hasPrefix("access-control-") { return [] }
      // With CORS on, so that no cache gives one page's answer to another.
      if lower == "vary", value == "Origin" { return [] }
      let reference = documented.first { $0.key.lowercased() == lower }?.value["$ref"]?.text
      guard let header = reference.flatMap(schema.lookUp) else {
        return ["the header \(name) is not documented"]
      }
      return schema.faults(in: .string(value), by: header["schema"] ?? .boolean(false), at: name)
    }
  }

  private func bodyFaults(_ response: JSONValue, _ answer: Answer) -> [String] {
    let type = answer.field("Content-Type")?.split(separator: ";").first.map(String.init) ?? "none"
    guard let content = response["content"]?[type] else {
      return ["the media type \(type) is not documented"]
    }
    guard type.hasSuffix("json"), answer.field("Content-Encoding") == nil else { return [] }
    return jsonFaults(content["schema"] ?? .boolean(false), answer) + codeFaults(response, answer)
  }

  /// Of an answer that is no operation's.
  private func problemFaults(_ answer: Answer) -> [String] {
    answer.body.isEmpty
      ? [] : jsonFaults(.object(["$ref": .string("#/components/schemas/Problem")]), answer)
  }

  private func jsonFaults(_ body: JSONValue, _ answer: Answer) -> [String] {
    do { return schema.faults(in: try JSONValue(answer.body), by: body) } catch {
      return ["the body is no JSON"]
    }
  }

  private func codeFaults(_ response: JSONValue, _ answer: Answer) -> [String] {
    guard let codes = response["x-codes"]?.elements else { return [] }
    let code = (try? JSONValue(answer.body))?["code"] ?? .null
    return codes.contains(code) ? [] : ["the code \(code) is not documented for \(answer.status)"]
  }
}
