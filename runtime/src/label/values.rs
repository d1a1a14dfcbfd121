//! The texts of a label's values, known while compiling.
//!
//! A tree, because a generic type such as `Option<L>` cannot make an array of `1 + L::CARDINALITY` texts.

/// The texts of a label's values, in the order of their indices.
#[derive(Clone, Copy, Debug)]
pub struct Values(Node);

#[derive(Clone, Copy, Debug)]
enum Node {
    Texts(&'static [&'static str]),
    /// As `Texts`, and somebody has seen already that each stands once.
    Distinct(&'static [&'static str]),
    Joined(&'static [Values]),
}

impl Values {
    /// One value for each text.
    #[must_use]
    pub const fn texts(texts: &'static [&'static str]) -> Self {
        Values(Node::Texts(texts))
    }

    /// The same, for texts that are known to be different and not empty: what a derive has compared need not be
    /// compared again by the compiler.
    #[doc(hidden)]
    #[must_use]
    pub const fn distinct(texts: &'static [&'static str]) -> Self {
        Values(Node::Distinct(texts))
    }

    /// The values of each part, one part after the other: of an enum with other labels inside its variants, say.
    #[must_use]
    pub const fn joined(parts: &'static [Values]) -> Self {
        Values(Node::Joined(parts))
    }

    /// How many values there are.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a label without a value would label nothing
    pub const fn len(&self) -> usize {
        match self.0 {
            Node::Texts(texts) | Node::Distinct(texts) => texts.len(),
            Node::Joined(parts) => {
                let (mut at, mut len) = (0, 0usize);
                while at < parts.len() {
                    len = len.saturating_add(parts[at].len());
                    at += 1;
                }
                len
            }
        }
    }

    /// The text of one value; of the last for an index that is too large.
    #[must_use]
    pub const fn get(&self, index: usize) -> &'static str {
        match self.0 {
            Node::Texts([]) | Node::Distinct([]) | Node::Joined([]) => "",
            Node::Texts(texts) | Node::Distinct(texts) => {
                texts[if index < texts.len() { index } else { texts.len() - 1 }]
            }
            Node::Joined(parts) => {
                let (mut at, mut index) = (0, index);
                while at + 1 < parts.len() && index >= parts[at].len() {
                    index -= parts[at].len();
                    at += 1;
                }
                parts[at].get(index)
            }
        }
    }

    /// Whether the first value is the absent label.
    pub(super) const fn begins_absent(&self) -> bool {
        self.len() > 0 && self.get(0).is_empty()
    }

    /// Two indices whose texts are the same, or one whose text may not be: the first such.
    ///
    /// An empty text is the absent label: only the first value may have it.
    #[must_use]
    pub const fn fault(&self) -> Option<(usize, usize)> {
        match self.0 {
            Node::Distinct(_) | Node::Joined([]) => None,
            Node::Joined([one]) => one.fault(),
            Node::Texts(_) | Node::Joined(_) => {
                let (mut later, len) = (0, self.len());
                while later < len {
                    let text = self.get(later);
                    if let Some(earlier) = self.first(text) {
                        if earlier < later {
                            return Some((earlier, later));
                        }
                    }
                    if later > 0 && text.is_empty() {
                        return Some((later, later));
                    }
                    later += 1;
                }
                None
            }
        }
    }

    /// The index of the first value with this text.
    const fn first(&self, text: &str) -> Option<usize> {
        let mut at = 0;
        match self.0 {
            Node::Texts(texts) | Node::Distinct(texts) => {
                while at < texts.len() {
                    if same(texts[at], text) {
                        return Some(at);
                    }
                    at += 1;
                }
            }
            Node::Joined(parts) => {
                let mut before = 0;
                while at < parts.len() {
                    if let Some(first) = parts[at].first(text) {
                        return Some(before + first);
                    }
                    before += parts[at].len();
                    at += 1;
                }
            }
        }
        None
    }
}

pub(super) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // Most texts differ in their length or their last byte, and the compiler counts every step.
    if a.len() != b.len() || (!a.is_empty() && a[a.len() - 1] != b[a.len() - 1]) {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: Values = Values::joined(&[
        Values::texts(&["a"]),
        Values::joined(&[Values::texts(&["b", "c"]), Values::texts(&[]), Values::texts(&["d"])]),
        Values::texts(&["e"]),
    ]);

    #[test]
    fn a_tree_is_read_from_left_to_right() {
        assert_eq!(TREE.len(), 5);
        assert_eq!((0..5).map(|at| TREE.get(at)).collect::<String>(), "abcde");
    }

    #[test]
    fn an_index_that_is_too_large_reads_the_last_value() {
        assert_eq!(TREE.get(5), "e");
        assert_eq!(TREE.get(usize::MAX), "e");
        assert_eq!(Values::texts(&[]).get(0), "");
    }

    #[test]
    fn a_text_that_stands_twice_is_found_across_parts() {
        const AGAIN: Values = Values::joined(&[TREE, Values::texts(&["c"])]);
        assert_eq!(TREE.fault(), None);
        assert_eq!(AGAIN.fault(), Some((2, 5)));
        assert_eq!(Values::texts(&["", "a"]).fault(), None);
        assert_eq!(Values::texts(&["a", ""]).fault(), Some((1, 1)));
    }
}
