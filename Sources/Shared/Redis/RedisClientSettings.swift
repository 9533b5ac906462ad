package import NIOSSL

/// The limits of a ``RedisClient``; the defaults suit a server in the same data centre.
package struct RedisClientSettings: Sendable {
  /// For name lookup, TCP, TLS and the greeting (`AUTH`, `SELECT`, `INFO`) together.
  package var connectTimeout: Duration = .seconds(2)
  /// For each command that is not given a timeout of its own.
  package var commandTimeout: Duration = .milliseconds(500)
  /// What each call that is still to be answered before it adds to a call's timeout, as long as the server answers: a
  /// busy server is not one that is away.
  package var placeAllowance: Duration = .milliseconds(1)
  /// A connection whose replies are overdue and that has been silent for this long is replaced: the peer is
  /// gone or hangs, and TCP alone would take minutes to say so.
  package var unresponsiveTimeout: Duration = .seconds(10)
  /// Commands sent and unanswered per connection, timed-out ones included; the next one is refused.
  package var maximumCommandsInFlight = 10_000
  /// Bytes of those commands; a single larger command is still let through when nothing else is in flight.
  package var maximumBytesInFlight = 256 << 20
  /// A reply larger than this ends the connection.
  package var maximumReplyBytes = 256 << 20
  /// The wait before a reconnect is random between zero and a bound that doubles from the first to the last.
  /// The last leaves a worker, which rests up to a second itself, within two seconds of the return of Redis.
  package var reconnectBackoff: ClosedRange<Duration> = .milliseconds(50)...(.milliseconds(500))
  /// How long a graceful shutdown waits for replies before it closes the connections under them.
  package var drainTimeout: Duration = .seconds(2)
  /// Shown by `CLIENT LIST`; no spaces.
  package var clientName = "freshet"
  /// Made known to the server with each connection, before its first command; a server that forgets them, or refuses
  /// to learn them, gets the source of each when it is called.
  package var scripts: [RedisScript] = []
  /// Used for `rediss://` only; the default verifies the server's certificate and name.
  package var tls: TLSConfiguration = .makeClientConfiguration()

  package init() {}
}
