extension PostgresURL {
  /// libpq's parameters for each host in turn. One by one, for with several libpq would never get past one
  /// that is silent: only its blocking calls count the time.
  func attempts(applicationName: String) -> [[String: String]] {
    var common = connection
    common["client_encoding"] = "UTF8"
    for (keyword, value) in Self.defaults where common[keyword] == nil { common[keyword] = value }
    if common["application_name"] == nil { common["application_name"] = applicationName }
    let hosts = Self.list(connection["host"])
    let addresses = Self.list(connection["hostaddr"])
    let ports = Self.list(connection["port"])
    let single = (0..<max(hosts.count, addresses.count, 1)).map { index in
      var one = common
      one["host"] = hosts.isEmpty ? nil : hosts[min(index, hosts.count - 1)]
      one["hostaddr"] = addresses.isEmpty ? nil : addresses[min(index, addresses.count - 1)]
      one["port"] = ports.isEmpty ? nil : ports[min(index, ports.count - 1)]
      return one
    }
    guard common["target_session_attrs"] == "prefer-standby" else { return single }
    return ["standby", "any"].flatMap { wanted in
      single.map { $0.merging(["target_session_attrs": wanted]) { $1 } }
    }
  }

  /// A peer that vanished without a word is noticed within seconds; GSSAPI is used only when asked for.
  private static let defaults = [
    "gssencmode": "disable", "keepalives_idle": "30", "keepalives_interval": "5", "keepalives_count": "3",
    "tcp_user_timeout": "10000",
  ]

  private static func list(_ value: String?) -> [String] {
    guard let value, !value.isEmpty else { return [] }
    return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}
