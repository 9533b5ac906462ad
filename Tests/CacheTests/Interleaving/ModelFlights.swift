@testable import Cache

/// Loads, and waits for a load of another process, that others of the same process share.
struct ModelFlights {
  enum Kind { case load, wait }

  struct Name: Hashable {
    let kind: Kind
    let process: Int
    let entry: Int
    /// Nil for the fault that joins by key alone.
    let epoch: CacheEpoch?
  }

  /// One's place in a flight.
  struct Ticket: Hashable {
    let name: Name
    let number: Int
  }

  private var numbers: [Name: Int] = [:]
  private var versions: [Ticket: Int] = [:]
  private var count = 0

  mutating func open(_ name: Name) -> Ticket {
    count += 1
    numbers[name] = count
    return Ticket(name: name, number: count)
  }

  /// A place in the flight that newcomers get, if there is one.
  func ticket(_ name: Name) -> Ticket? { numbers[name].map { Ticket(name: name, number: $0) } }

  mutating func land(_ ticket: Ticket, version: Int) { versions[ticket] = version }

  /// What it brought; nil while it is under way.
  func result(_ ticket: Ticket) -> Int? { versions[ticket] }

  /// No newcomers from now on.
  mutating func close(_ ticket: Ticket) {
    if numbers[ticket.name] == ticket.number { numbers[ticket.name] = nil }
  }
}
