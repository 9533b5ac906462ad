/// The release both programs belong to.
package enum ProgramVersion {
  package static let current = "0.1.0"
}
