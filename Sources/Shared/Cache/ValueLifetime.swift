/// How long one value lives, chosen when it is filled.
struct ValueLifetime: Equatable, Sendable {
  /// Milliseconds after which it is refreshed.
  let soft: UInt32
  /// Milliseconds after which Redis drops it.
  let hard: UInt32

  /// - Parameter jitter: 0 ..< 1; spreads what was filled at the same moment.
  init(isNegative: Bool, settings: CacheSettings, jitter: Double) {
    let bound = settings.timeToLive.milliseconds
    if isNegative {
      let range = settings.negativeTimeToLive
      let spread = range.upperBound.milliseconds - range.lowerBound.milliseconds
      hard = Self.whole(min(range.lowerBound.milliseconds + spread * jitter, bound))
      soft = hard
    } else {
      hard = Self.whole(bound * (1 - 0.1 * jitter))
      soft = UInt32(Double(hard) * settings.softFraction)
    }
  }

  private static func whole(_ milliseconds: Double) -> UInt32 { UInt32(max(1, milliseconds)) }
}

extension Duration {
  var milliseconds: Double {
    Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
  }
}
