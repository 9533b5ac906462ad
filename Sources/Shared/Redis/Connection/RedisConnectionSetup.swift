internal import NIOCore
internal import NIOSSL

/// What a connection is made of, decided once per attempt.
struct RedisConnectionSetup {
  let eventLoop: any EventLoop
  let url: RedisURL
  let settings: RedisClientSettings
  /// Nil without TLS.
  let tlsContext: NIOSSLContext?
  /// For everything up to the answered greeting.
  let deadline: NIODeadline
  let greeting: RedisGreeting
  let greetingBytes: ByteBuffer

  init(
    eventLoop: any EventLoop, url: RedisURL, settings: RedisClientSettings, tlsContext: NIOSSLContext?
  ) throws(RedisError) {
    self.eventLoop = eventLoop
    self.url = url
    self.settings = settings
    self.tlsContext = tlsContext
    deadline = .now() + TimeAmount(settings.connectTimeout)
    let plan = RedisGreeting.plan(for: url, clientName: settings.clientName, scripts: settings.scripts)
    greeting = plan.greeting
    greetingBytes = try RedisCommandEncoder.encode(plan.commands)
  }

  var limits: RedisChannelHandler.Machine.Limits {
    RedisChannelHandler.Machine.Limits(
      maximumCommandsInFlight: settings.maximumCommandsInFlight,
      maximumBytesInFlight: settings.maximumBytesInFlight,
      unresponsiveTimeout: TimeAmount(settings.unresponsiveTimeout),
      placeAllowance: TimeAmount(settings.placeAllowance))
  }
}
