//! A board of 30 keys in three rows of ten, what it costs to strike them, and the score of a layout: the hot loop of all.

use tallied::observed;

use crate::corpus::Corpus;
use crate::metrics::SCORE_NS;

/// How many keys there are.
pub const KEYS: usize = 30;

/// What stands on them, in the order of QWERTY.
pub const SYMBOLS: &str = "qwertyuiopasdfghjkl;zxcvbnm,./";

const COLUMNS: usize = 10;

/// Which finger strikes a column: those of the left hand are 0 to 3, from the little one on, those of the right 4 to 7.
const FINGERS: [usize; COLUMNS] = [0, 1, 2, 3, 3, 4, 4, 5, 6, 7];

/// The key of each symbol.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout([usize; KEYS]);

impl Layout {
    /// Where optimisation begins.
    pub fn qwerty() -> Self {
        Layout(std::array::from_fn(|symbol| symbol))
    }

    /// Two symbols change places.
    pub fn swap(&mut self, one: usize, other: usize) {
        self.0.swap(one, other);
    }

    /// What one sees on the keyboard, row by row.
    pub fn rows(&self) -> Vec<String> {
        let mut seen = [' '; KEYS];
        for (symbol, key) in SYMBOLS.chars().zip(self.0) {
            seen[key] = symbol;
        }
        seen.chunks(COLUMNS).map(|row| row.iter().collect()).collect()
    }
}

/// What it costs to strike a key, and to strike one after another.
pub struct Board {
    strike: [f64; KEYS],
    movement: [[f64; KEYS]; KEYS],
}

impl Board {
    /// Costs in the unit of a strike that leaves the home row.
    pub fn new() -> Self {
        Board {
            strike: std::array::from_fn(strike),
            movement: std::array::from_fn(|from| std::array::from_fn(|to| movement(from, to))),
        }
    }
}

/// The weaker the finger and the farther from home, the dearer.
fn strike(key: usize) -> f64 {
    let (row, column) = (key / COLUMNS, key % COLUMNS);
    let finger = [0.9, 0.5, 0.1, 0.0, 0.0, 0.1, 0.5, 0.9][FINGERS[column]];
    let reach = if column == 4 || column == 5 { 0.7 } else { 0.0 };
    [1.0, 0.0, 1.3][row] + finger + reach
}

/// A finger that moves is dearest; a hand that jumps over rows or rolls outwards is dear; hands that alternate cost nothing.
fn movement(from: usize, to: usize) -> f64 {
    let fingers = [from, to].map(|key| FINGERS[key % COLUMNS]);
    let rows = [0.0, 1.0, 2.0][(from / COLUMNS).abs_diff(to / COLUMNS)];
    let [before, after] = fingers;
    if from == to || before / 4 != after / 4 {
        return 0.0;
    }
    if before == after {
        return 3.0 + rows;
    }
    // From the little finger to the thumb is how fingers roll.
    let rolls_inwards = if before < 4 { before < after } else { before > after };
    0.5 * rows + if rolls_inwards { 0.0 } else { 0.2 }
}

/// What a strike costs in the mean if this corpus is typed: the less, the better.
///
/// It is a microsecond or less and called for every step, so it has no span and no counter, whose number the histogram has anyway.
#[observed(
    counter = false,
    span = false,
    histogram(
        name = "keyforge_score_latency_ns",
        help = "Time taken to calculate a single layout score, in nanoseconds.",
        unit = "ns",
        labels(),
        buckets = SCORE_NS
    ),
    allow(base_unit)
)]
pub fn score(board: &Board, corpus: &Corpus, layout: &Layout) -> f64 {
    let Layout(keys) = layout;
    let strikes: f64 = corpus.symbols.iter().map(|(symbol, share)| share * board.strike[keys[*symbol]]).sum();
    let movements: f64 = corpus.pairs.iter().map(|(a, b, share)| share * board.movement[keys[*a]][keys[*b]]).sum();
    let score = strikes + movements;
    tracing::trace!(score, "score calculated");
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qwerty_is_as_it_is_on_the_desk() {
        assert_eq!(Layout::qwerty().rows(), ["qwertyuiop", "asdfghjkl;", "zxcvbnm,./"]);
    }

    #[test]
    fn a_word_on_the_home_row_of_both_hands_is_cheaper_than_one_of_a_single_finger() {
        let score = |text| score(&Board::new(), &Corpus::count(text).unwrap(), &Layout::qwerty());
        assert!(score("fjdk") < score("fred"));
        assert!(score("fred") < score("ftfr"));
    }
}
