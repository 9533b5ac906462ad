import Queue
import Testing

@Suite struct QueueSettingsTests {
  @Test("The intervals follow the lease; that of the defaults gives the defaults")
  func lease() {
    let defaults = QueueSettings()
    var settings = QueueSettings()
    settings.setLease(.seconds(15))
    #expect(settings.heartbeatInterval == defaults.heartbeatInterval)
    #expect(settings.reapInterval == defaults.reapInterval)
    #expect(settings.silence == defaults.silence)
    settings.setLease(.seconds(3))
    #expect(settings.lease == .seconds(3))
    #expect(settings.heartbeatInterval == .milliseconds(500))
    #expect(settings.reapInterval == .seconds(1))
    #expect(settings.silence == .seconds(2))
  }
}
