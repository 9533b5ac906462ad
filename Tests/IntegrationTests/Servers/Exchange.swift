/// One request of a table, as bytes.
struct Exchange: Sendable {
  let text: String
  /// Read before it until Redis has it.
  var warmed: String?
  /// Whether its answer tells of something new.
  var isNew = false

  var isHead: Bool { text.hasPrefix("HEAD ") }

  init(
    _ line: String, _ fields: [String] = [], body: String? = nil, warmed: String? = nil, isNew: Bool = false
  ) {
    let length = body.map { ["Content-Length: \($0.utf8.count)"] } ?? []
    text = (["\(line) HTTP/1.1", "Host: a"] + fields + length + ["", body ?? ""]).joined(separator: "\r\n")
    self.warmed = warmed
    self.isNew = isNew
  }

  /// A GET that finds its answer in Redis.
  static func hit(_ path: String, _ fields: [String]) -> Exchange {
    Exchange("GET \(path)", fields, warmed: path)
  }
}

extension ServerTrio {
  /// Asks one server everything in order, over one connection as long as that lasts.
  ///
  /// `{id}` stands for what was created last.
  func play(_ table: [Exchange], on server: API) async throws -> [WireAnswer] {
    var answers: [WireAnswer] = []
    var created = ""
    var (connection, offset) = (try await RawConnection.connect(to: server), 0)
    for exchange in table {
      if answers.last?.field("Cache-Status")?.contains("fwd=miss") == true { try await settle() }
      if let path = exchange.warmed { _ = try await warm(path) }
      try await connection.send(exchange.text.replacing("{id}", with: created))
      let answer: WireAnswer
      do { answer = try await connection.answer(after: &offset, isHead: exchange.isHead) } catch {
        throw IntegrationError("\(exchange.text.prefix(300)): \(error)")
      }
      answers.append(answer)
      if let location = answer.field("Location") {
        created = String(location.split(separator: "/").last ?? "")
      }
      guard answer.isLast else { continue }
      connection.close()
      (connection, offset) = (try await RawConnection.connect(to: server), 0)
    }
    connection.close()
    return answers
  }

  /// The same once more when Redis was late: a starved machine exceeds the 50 ms that it gets.
  ///
  /// - Returns: the answers, and what the server counted for them.
  func playInTime(_ table: [Exchange], on server: API) async throws -> ([WireAnswer], [String: Double]) {
    for _ in 0..<8 {
      try await forget()
      let before = try await counts(of: server)
      let answers = try await play(table, on: server)
      let after = try await counts(of: server)
      if answers.contains(where: \.isLate) { continue }
      let counted = after.merging(before) { $0 - $1 }.filter { $0.value != 0 }
      return (answers, counted)
    }
    throw IntegrationError("Redis is late all the time")
  }
}
