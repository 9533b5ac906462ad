import Telemetry
import Testing

@Suite struct RequestDeadlineTests {
  @Test("Where no request is served there is no deadline, and one's own counts")
  func none() {
    let own = ContinuousClock.now
    #expect(RequestDeadline.instant == nil && !RequestDeadline.isOver)
    #expect(RequestDeadline.earlier(of: own) == own)
  }

  @Test("The earlier of the request's deadline and one's own counts")
  func earlier() async {
    let start = ContinuousClock.now
    await RequestDeadline.within(.seconds(60)) {
      let due = RequestDeadline.instant
      #expect(due.map { $0 >= start + .seconds(60) } == true && !RequestDeadline.isOver)
      #expect(RequestDeadline.earlier(of: start + .seconds(1)) == start + .seconds(1))
      #expect(RequestDeadline.earlier(of: start + .seconds(3600)) == due)
    }
  }

  @Test("A task that a request starts inherits its deadline, unless it is not for that request alone")
  func tasks() async {
    await RequestDeadline.within(.seconds(60)) {
      let due = RequestDeadline.instant
      #expect(await Task { RequestDeadline.instant }.value == due)
      #expect(await Task { await RequestDeadline.without { RequestDeadline.instant } }.value == nil)
    }
  }

  @Test("It can be over, and begins anew when the body has come")
  func restart() async {
    await RequestDeadline.within(.zero) { #expect(RequestDeadline.isOver) }
    await RequestDeadline.within(.seconds(60)) {
      let due = RequestDeadline.instant
      RequestDeadline.restart()
      #expect(due.map { first in RequestDeadline.instant.map { $0 > first } ?? false } == true)
    }
  }

  @Test(
    "Whoever set an alarm is called when the request's time is over, in that order, and not who took it back")
  func alarm() async {
    #expect(RequestDeadline.alarm {} == nil)
    let (calls, call) = AsyncStream.makeStream(of: Int.self)
    func set(_ limit: Duration, _ name: Int) async -> RequestDeadline.Alarm? {
      await RequestDeadline.within(limit) { RequestDeadline.alarm { call.yield(name) } }
    }
    let far = await set(.seconds(3600), 0)
    _ = await set(.milliseconds(300), 3)
    let taken = await set(.milliseconds(200), 2)
    _ = await set(.milliseconds(100), 1)
    let over = await set(.zero, 9)
    #expect(far != nil && taken != nil && over != nil)
    taken?.cancel()
    far?.cancel()
    var heard: [Int] = []
    for await name in calls.prefix(3) { heard.append(name) }
    #expect(heard == [9, 1, 3])
  }
}
