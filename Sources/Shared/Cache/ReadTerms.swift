/// What a reader takes and what it has: in which form a body is sent, and whether it is sent at all; and what it must
/// pass first.
package struct ReadTerms: Sendable {
  /// By `Accept-Encoding`.
  package let forms: AcceptedForms
  /// By `If-None-Match`.
  package let known: EntityTags
  /// Passed once by each read, whatever it finds. Nil when nothing has to be passed.
  package let gate: (any ReadGate)?
  /// Made already, on the same terms; a read of that entry does not look again.
  package let look: CacheLook?

  package init(
    forms: AcceptedForms = .plain, known: EntityTags = EntityTags(), gate: (any ReadGate)? = nil,
    look: CacheLook? = nil
  ) {
    self.forms = forms
    self.known = known
    self.gate = gate
    self.look = look
  }

  /// In which form a body is sent.
  ///
  /// - Parameters:
  ///   - form: the one it has here.
  ///   - length: in that form. What is packed was worth it.
  func sentForm(of form: ContentForm, length: Int) -> ContentForm {
    switch form {
    case .plain: forms.form(ofPlain: length)
    case .gzip: forms == .plain ? .plain : .gzip
    }
  }
}
