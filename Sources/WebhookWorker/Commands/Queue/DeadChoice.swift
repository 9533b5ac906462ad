import ArgumentParser
import Foundation
import Glibc
import Queue
import Settings

/// Which dead events a command is about, and how sure the operator is.
struct DeadChoice: ParsableArguments {
  @Argument(help: "Ids of dead events.")
  var ids: [String] = []

  @Flag(help: "All dead events.")
  var all = false

  @Option(name: .customLong("class"), help: "Those whose last failure has this class.")
  var failureClass: String?

  @Flag(help: "Change nothing; say what would be done.")
  var dryRun = false

  @Flag(help: "Do not ask before --all and --class.")
  var yes = false

  enum Choice: Equatable {
    case ids([String])
    case selection(DeadSelection)
  }

  /// Each id once.
  var choice: Choice {
    if all { return .selection(.all) }
    if let failureClass { return .selection(.failureClass(failureClass)) }
    var known: Set<String> = []
    return .ids(ids.filter { known.insert($0).inserted })
  }

  func validate() throws {
    guard [!ids.isEmpty, all, failureClass != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("Name event ids, or --class with one, or --all: exactly one of the three.")
    }
  }

  /// Without an answer, as in a script, nothing is done.
  var mayAsk: Bool { isatty(STDIN_FILENO) == 1 }

  /// Returns when the operator is sure.
  func confirm(_ question: String) throws {
    if yes { return }
    guard mayAsk else {
      throw ValidationError("Nobody to ask for confirmation: add --yes, or look at it with --dry-run first.")
    }
    FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
    guard ["y", "yes"].contains(readLine()?.lowercased()) else {
      throw ProgramFailure(.failure, "nothing was done")
    }
  }
}
