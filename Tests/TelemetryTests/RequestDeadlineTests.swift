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
}
