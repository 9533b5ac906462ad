import Conversations
import HTTPTypes

/// One operation on the page.
struct PageOperation {
  let operation: Operation

  init(_ operation: Operation) { self.operation = operation }

  var html: HTML {
    let method = operation.method.rawValue
    return """
      <article id="\(operation.id)" class="\(method.lowercased())">
      <h3><a href="#\(operation.id)"><b>\(method)</b> <code>\(operation.path)</code></a> \(operation.summary)</h3>
      \(HTML.prose(operation.details))
      <p class="who">\(who)</p>
      \(parameters)
      \(request)
      \(answers)
      </article>
      """
  }

  private var who: String {
    switch operation.access {
    case .anyone: "For everybody, without a token."
    case .principal: "With a token: users reach what is theirs, the roles service and admin everything."
    case .privileged: "With a token of the role service or admin."
    case .provider: "For the provider, by its secret."
    case .operators: "For operators, from their networks."
    }
  }

  private var parameters: [HTML] {
    let rows: [HTML] = operation.parameters.map { parameter in
      """
      <tr><td><code>\(parameter.name)</code></td><td>\(parameter.place.rawValue)</td>\
      <td>\(SchemaText(parameter.schema).html)</td><td>\(HTML.inline(parameter.details))</td></tr>
      """
    }
    return rows.isEmpty ? [] : [table("Parameters", "name", "in", "type", "", rows)]
  }

  private var request: [HTML] {
    let body: [HTML] =
      operation.body.map { body in
        [
          """
          <h4>Body</h4>
          <p>\(PageSchema.link(body.schema)) as \(HTML.inline(body.mediaTypes.map { "`\($0)`" }.joined(separator: " or ")))</p>
          """
        ]
      } ?? []
    return body + ["<pre>\(curl)</pre>"]
  }

  /// A line for a shell in which `API` and `TOKEN` are set.
  private var curl: String {
    var parts = ["curl"]
    if operation.method != .get { parts.append("-X \(operation.method.rawValue)") }
    if operation.access.needsToken { parts.append(#"-H "Authorization: Bearer $TOKEN""#) }
    if let body = operation.body, let type = body.mediaTypes.first {
      parts.append(#"-H "Content-Type: \#(type)""#)
      parts.append("--data '\(String(decoding: body.example.jsonBytes(), as: UTF8.self))'")
    }
    let query = operation.access == .provider ? "?token=$WEBHOOK_TOKEN" : ""
    parts.append(#""$API\#(operation.path.replacing("{id}", with: "$ID"))\#(query)""#)
    return parts.joined(separator: " \\\n  ")
  }

  private var answers: HTML {
    let successes: [HTML] = operation.answers.map { answer in
      row(answer.status.code, body(answer), HTML.inline(answer.details), operation.headers(of: answer))
    }
    let answered = Set(operation.answers.map(\.status))
    let failures: [HTML] = operation.allProblems.filter { !answered.contains($0.status) }.map { problem in
      row(problem.status.code, PageSchema.link(.problem), details(problem), problem.headers)
    }
    return table("Answers", "status", "body", "", "headers", successes + failures)
  }

  private func details(_ problem: ProblemAnswer) -> HTML {
    HTML.inline("\(problem.details) \(problem.codes.map { "`\($0)`" }.joined(separator: " "))")
  }

  private func row(_ status: Int, _ body: HTML, _ details: HTML, _ headers: [Header]) -> HTML {
    let names = headers.filter { $0 != .requestID }.map { "`\($0.name)`" }.joined(separator: " ")
    return """
      <tr><td><b class="s\(String(status / 100))">\(String(status))</b></td><td>\(body)</td><td>\(details)</td>\
      <td>\(HTML.inline(names))</td></tr>
      """
  }

  private func body(_ answer: Operation.Answer) -> HTML {
    switch answer.content {
    case .json(let name): PageSchema.link(name)
    case .text(let types): HTML.inline(types.map { "`\($0)`" }.joined(separator: " "))
    case nil: "–"
    }
  }

  private func table(
    _ title: String, _ first: String, _ second: String, _ third: String, _ fourth: String, _ rows: [HTML]
  ) -> HTML {
    """
    <h4>\(title)</h4>
    <div><table>
    <thead><tr><th>\(first)</th><th>\(second)</th><th>\(third)</th><th>\(fourth)</th></tr></thead>
    <tbody>
    \(rows)
    </tbody>
    </table></div>
    """
  }
}
