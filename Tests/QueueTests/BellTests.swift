import Testing

@testable import Queue

@Suite("Bell", .timeLimit(.minutes(1)))
struct BellTests {
  @Test("A ring that finds nobody is kept for the next, once")
  func kept() async {
    let bell = Bell()
    bell.ring()
    bell.ring()
    await bell.next()
    let second = Task { await bell.next() }
    bell.ring()
    await second.value
  }

  @Test("Cancellation ends a wait, before or during it")
  func cancellation() async {
    let bell = Bell()
    for _ in 0..<200 {
      let waiter = Task { await bell.next() }
      await Task.yield()
      waiter.cancel()
      await waiter.value
    }
  }

  @Test("A ring wakes everybody")
  func everybody() async {
    let bell = Bell()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 { group.addTask { await bell.next() } }
      // Rings until all four have come and gone, in whatever order they arrived.
      group.addTask {
        while !Task.isCancelled {
          bell.ring()
          await Task.yield()
        }
      }
      for _ in 0..<4 { await group.next() }
      group.cancelAll()
    }
  }
}
