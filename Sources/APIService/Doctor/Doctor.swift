import Cache
import Logging
import Settings

/// Looks at everything the service stands on, as far as the settings lead there, at once. Changes nothing.
struct Doctor: Sendable {
  let settings: DoctorSettings
  /// What goes wrong is in the findings.
  let logger = Logger(label: "doctor") { _ in SwiftLogNoOpLogHandler() }

  /// In the order in which an operator would mend them.
  func findings() async -> [Finding] {
    async let databases = databaseFindings()
    async let servers = redisFindings()
    async let keys = keyFindings()
    return await settingFindings + databases + servers + keys
  }

  private var settingFindings: [Finding] {
    switch settings.service {
    case .success(let settings): Self.judge(settings)
    case .failure(let error):
      error.problems.map { .failed("setting \($0.name)", "cannot be used", $0.detail) }
    }
  }

  /// Settings that are good, and still worth a word.
  private static func judge(_ settings: APISettings) -> [Finding] {
    var findings: [Finding] = []
    if settings.identity.mode == .none {
      findings.append(
        .warning("setting AUTH_MODE", "none: everybody is an admin", "use jwt wherever others can reach it"))
    }
    if settings.webhooks.mode == .none {
      findings.append(
        .warning(
          "setting WEBHOOK_AUTH", "none: everybody can send events",
          "use token or standard wherever others can reach it"))
    }
    if settings.backends.cache.mode == .off {
      findings.append(
        .warning("setting CACHE_MODE", "off: each read asks Postgres", "use strict or available under load"))
    }
    if settings.rateLimit.user == nil {
      findings.append(
        .warning(
          "setting RATE_LIMIT_REQUESTS", "0: users are not limited", "limit them here or in front of the API")
      )
    }
    let listener = "\(settings.listener.host):\(settings.listener.port)"
    return findings.isEmpty ? [.ok("settings", "all can be used; the listener is \(listener)")] : findings
  }

  private func keyFindings() async -> [Finding] {
    guard let source = settings.keySource else { return [] }
    do {
      _ = try await source.fetch()
      return [.ok("token keys", "the identity provider's keys can be had")]
    } catch {
      return [
        .unreachable(
          "token keys", "the identity provider's keys cannot be had: \(error)",
          "check JWT_JWKS_URL or JWT_JWKS_FILE, and the way there")
      ]
    }
  }
}
