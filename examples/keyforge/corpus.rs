//! Text, as a keyboard sees it: how often each key is struck, and which one after which.

use crate::layout::{KEYS, SYMBOLS};

/// The prose of this repository: what layouts are made for if nobody says another text.
pub const PROSE: &str = concat!(
    include_str!("../../README.md"),
    include_str!("../../ARCHITECTURE.md"),
    include_str!("../../CHANGELOG.md"),
    include_str!("../../docs/how-it-is-fast.md"),
    include_str!("../../docs/guide/labels.md"),
    include_str!("../../docs/guide/service.md"),
    include_str!("../../docs/shapes.md"),
);

/// A text without a letter says nothing about a keyboard.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the corpus has no letters")]
pub struct NoLetters;

/// How often the symbols of the board come, alone and in pairs, as shares of all that are struck. The symbols are indices of
/// [`SYMBOLS`].
#[derive(Debug)]
pub struct Corpus {
    pub symbols: Vec<(usize, f64)>,
    pub pairs: Vec<(usize, usize, f64)>,
}

impl Corpus {
    /// Counts. What the board has no key for, a blank among it, ends a pair: the thumbs are somewhere else.
    pub fn count(text: &str) -> Result<Self, NoLetters> {
        let mut alone = [0_u32; KEYS];
        let mut pairs = [[0_u32; KEYS]; KEYS];
        let mut before: Option<usize> = None;
        for c in text.chars() {
            let symbol = SYMBOLS.find(c.to_ascii_lowercase());
            if let Some(symbol) = symbol {
                alone[symbol] += 1;
                if let Some(before) = before {
                    pairs[before][symbol] += 1;
                }
            }
            before = symbol;
        }
        let letters = SYMBOLS.chars().zip(alone).filter(|(c, _)| c.is_ascii_alphabetic());
        if letters.map(|(_, count)| count).max() == Some(0) {
            return Err(NoLetters);
        }
        let struck: f64 = alone.into_iter().map(f64::from).sum();
        let share = |count: u32| f64::from(count) / struck;
        let pairs = (0..KEYS).flat_map(|a| (0..KEYS).map(move |b| (a, b, pairs[a][b])));
        Ok(Corpus {
            symbols: (0..KEYS).filter(|s| alone[*s] > 0).map(|s| (s, share(alone[s]))).collect(),
            pairs: pairs.filter(|pair| pair.2 > 0).map(|(a, b, count)| (a, b, share(count))).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_their_pairs_are_counted_and_a_blank_ends_a_pair() {
        let corpus = Corpus::count("Qw we!").unwrap();
        assert_eq!(corpus.symbols, [(0, 0.25), (1, 0.5), (2, 0.25)]);
        assert_eq!(corpus.pairs, [(0, 1, 0.25), (1, 2, 0.25)]);
    }

    #[test]
    fn a_text_without_letters_is_no_corpus() {
        assert_eq!(Corpus::count("1, 2; 3.").unwrap_err(), NoLetters);
        assert_eq!(Corpus::count("").unwrap_err(), NoLetters);
    }
}
