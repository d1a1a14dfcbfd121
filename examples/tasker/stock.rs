//! What is sold, and how much of it is free.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

pub struct Article {
    pub name: &'static str,
    pub cents: u64,
    /// So many are there at the start.
    at_first: u64,
}

const ARTICLES: [Article; 4] = [
    Article { name: "anvil", cents: 12_500, at_first: 3 },
    Article { name: "feather", cents: 150, at_first: 1_000 },
    Article { name: "rocket skates", cents: 89_900, at_first: 5 },
    Article { name: "rope", cents: 1_250, at_first: 40 },
];

pub fn article(name: &str) -> Option<&'static Article> {
    ARTICLES.iter().find(|article| article.name == name)
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub article: String,
    pub quantity: u64,
}

/// Too little of an article is free.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{free} of {article} are free, and {wanted} are wanted")]
pub struct Shortage {
    article: String,
    free: u64,
    wanted: u64,
}

pub struct Stock(Mutex<Inner>);

struct Inner {
    /// By article.
    free: HashMap<String, u64>,
    /// By task.
    reserved: HashMap<String, Vec<Line>>,
}

impl Stock {
    pub fn new() -> Self {
        let free = ARTICLES.iter().map(|article| (article.name.to_owned(), article.at_first)).collect();
        Stock(Mutex::new(Inner { free, reserved: HashMap::new() }))
    }

    /// All lines of an order, or none of them.
    pub fn reserve(&self, task_uuid: &str, lines: &[Line]) -> Result<(), Shortage> {
        let mut inner = self.inner();
        let mut left = inner.free.clone();
        for Line { article, quantity: wanted } in lines {
            let free = left.entry(article.clone()).or_default();
            let short = || Shortage { article: article.clone(), free: *free, wanted: *wanted };
            *free = free.checked_sub(*wanted).ok_or_else(short)?;
        }
        inner.free = left;
        inner.reserved.insert(task_uuid.to_owned(), lines.to_vec());
        Ok(())
    }

    /// What was reserved for a task comes back, once.
    pub fn release(&self, task_uuid: &str) {
        let lines = self.inner().reserved.remove(task_uuid).unwrap_or_default();
        for Line { article, quantity } in lines {
            self.add(&article, quantity);
        }
    }

    /// Says how many are free then; more than can be counted is as many as can be counted.
    pub fn add(&self, article: &str, quantity: u64) -> u64 {
        let mut inner = self.inner();
        let free = inner.free.entry(article.to_owned()).or_default();
        *free = free.saturating_add(quantity);
        *free
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_takes_all_of_its_lines_or_none_and_gives_them_back_once() {
        let line = |article: &str, quantity| Line { article: article.into(), quantity };
        let stock = Stock::new();
        let free = |article| stock.add(article, 0);
        let short = stock.reserve("a", &[line("rope", 1), line("anvil", 2), line("anvil", 2)]);
        assert_eq!(short, Err(Shortage { article: "anvil".into(), free: 1, wanted: 2 }));
        assert_eq!([free("rope"), free("anvil")], [40, 3]);
        assert_eq!(stock.reserve("a", &[line("anvil", 1), line("anvil", 1)]), Ok(()));
        assert_eq!(free("anvil"), 1);
        for _ in 0..2 {
            stock.release("a");
            assert_eq!(free("anvil"), 3);
        }
        assert_eq!(stock.add("anvil", u64::MAX), u64::MAX);
    }
}
