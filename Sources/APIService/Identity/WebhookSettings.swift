import Settings

/// What the webhook route takes: `WEBHOOK_AUTH`, its secrets, `WEBHOOK_MAX_BYTES`.
struct WebhookSettings: Sendable {
  enum Mode: Sendable { case token, standard, none }

  /// `WEBHOOK_AUTH` (`token`): `standard` for Standard Webhooks, `none` for local use.
  let mode: Mode
  /// From `WEBHOOK_TOKENS`, comma-separated, at least 16 bytes each, or `WEBHOOK_SIGNING_SECRETS`, comma-separated, each
  /// `whsec_` and base64 of at least 24 bytes. Required where the mode wants them.
  let authentication: WebhookAuthentication
  /// `WEBHOOK_MAX_BYTES` (5 MiB): body limit of the webhook route; 1 MiB elsewhere.
  let maximumBytes: Int

  private static let shortestToken = 16

  init(reader: SettingsReader) {
    mode = reader.choice(
      "WEBHOOK_AUTH", default: .token, ["token": .token, "standard": .standard, "none": .none])
    authentication =
      switch mode {
      case .token: .token(Self.tokens(reader))
      case .standard: .standard(Self.signingSecrets(reader))
      case .none: .none
      }
    maximumBytes = reader.integer("WEBHOOK_MAX_BYTES", default: 5 << 20, in: 1024...(256 << 20))
  }

  private static func tokens(_ reader: SettingsReader) -> WebhookTokens {
    let problems = reader.problems.count
    let tokens = reader.list(reader.secret("WEBHOOK_TOKENS"))
    let form = "at least \(shortestToken) random bytes, such as openssl rand -hex 32 prints"
    if tokens.isEmpty, reader.problems.count == problems {
      reader.report("WEBHOOK_TOKENS", "is required with WEBHOOK_AUTH=token: \(form)")
    }
    if tokens.contains(where: { $0.utf8.count < shortestToken }) {
      reader.report("WEBHOOK_TOKENS", "is too short to be a secret: \(form) each")
    }
    return WebhookTokens(tokens)
  }

  private static func signingSecrets(_ reader: SettingsReader) -> WebhookSigningSecrets {
    let problems = reader.problems.count
    let texts = reader.list(reader.secret("WEBHOOK_SIGNING_SECRETS"))
    let secrets = WebhookSigningSecrets(texts)
    if secrets.count < max(texts.count, 1), reader.problems.count == problems {
      reader.report(
        "WEBHOOK_SIGNING_SECRETS",
        "\(texts.isEmpty ? "is required with WEBHOOK_AUTH=standard" : "is not usable"): expected whsec_ and base64 of "
          + "at least 24 bytes each, as echo whsec_$(openssl rand -base64 32) prints")
    }
    return secrets
  }
}
