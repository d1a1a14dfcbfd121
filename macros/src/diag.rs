//! Everything that is wrong with one use of a macro, said at once.

use std::cell::RefCell;
use std::fmt::Display;

use quote::ToTokens;

/// Collects errors until someone reads them. Forgetting to read them is a bug of ours, so it panics.
#[derive(Default)]
pub struct Errors {
    found: RefCell<Option<Vec<syn::Error>>>,
}

impl Errors {
    pub fn new() -> Self {
        Errors { found: RefCell::new(Some(Vec::new())) }
    }

    /// Blames the smallest `node` that is wrong. Of a whole field or item only its first token would be underlined.
    pub fn at(&self, node: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(node, message));
    }

    pub fn push(&self, error: syn::Error) {
        self.found.borrow_mut().get_or_insert_default().push(error);
    }

    /// All that was found.
    pub fn finish(self) -> Result<(), syn::Error> {
        let found = self.found.borrow_mut().take().unwrap_or_default();
        found
            .into_iter()
            .reduce(|mut all, next| {
                all.combine(next);
                all
            })
            .map_or(Ok(()), Err)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.found.get_mut().is_none() || std::thread::panicking(), "errors were collected and never read");
    }
}

/// The candidate within two edits of `word` (one for words of up to four letters), the nearest first.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let len = word.chars().count();
    let most = if len <= 4 { 1 } else { 2 };
    // Each word of every attribute comes here: most are told apart by their lengths.
    let is_near = |candidate: &&str| candidate.chars().count().abs_diff(len) <= most;
    let is_near =
        |candidate: &&str| is_near(candidate) && foreign(word, candidate).max(foreign(candidate, word)) <= most;
    let near = candidates.into_iter().filter(is_near).map(|candidate| (edits(word, candidate), candidate));
    near.filter(|(edits, _)| *edits <= most).min_by_key(|(edits, _)| *edits).map(|(_, candidate)| candidate)
}

/// `` `a`, `b` and `c` ``
pub fn listed(words: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// How many letters of a word another one does not have: there are at least as many edits.
fn foreign(word: &str, other: &str) -> usize {
    word.chars().filter(|letter| !other.contains(*letter)).count()
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_a_slip_and_a_missing_letter_are_near() {
        let known = ["histogram", "counter", "log"];
        assert_eq!(did_you_mean("histogrm", known), Some("histogram"));
        assert_eq!(did_you_mean("cuonter", known), Some("counter"));
        assert_eq!(did_you_mean("counters", known), Some("counter"));
    }

    #[test]
    fn another_word_is_not_near() {
        assert_eq!(did_you_mean("task_name", ["histogram", "name"]), None);
        assert_eq!(did_you_mean("job", ["log"]), None, "two edits turn any short word into another");
        assert_eq!(did_you_mean("lgo", ["log"]), Some("log"));
    }

    #[test]
    #[should_panic(expected = "never read")]
    fn errors_that_nobody_reads_are_a_bug() {
        drop(Errors::new());
    }
}
