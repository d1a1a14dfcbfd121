//! The stock: what is there of each article, and what of it is held for orders that are not done yet.

use redb::{ReadableTable as _, TableDefinition, WriteTransaction};
use tallied::observed;

use super::{Store, StoreError};
use crate::workflow::{ARTICLES, Line};

/// By article: how many are there, and how many of these are held.
const STOCK: TableDefinition<'static, &str, (u64, u64)> = TableDefinition::new("stock");
/// By task and article: how many are held for it.
const HOLDS: TableDefinition<'static, (&str, &str), u64> = TableDefinition::new("holds");

/// What is there of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Stock {
    pub on_hand: u64,
    pub held: u64,
}

/// Too little of an article is free.
#[derive(Debug, PartialEq, Eq)]
pub struct Shortage {
    pub article: String,
    pub free: u64,
    pub wanted: u64,
}

/// The stock that there is at the start.
pub fn fill(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.open_table(HOLDS)?;
    let mut stock = transaction.open_table(STOCK)?;
    for article in ARTICLES {
        stock.insert(article.name, (article.stock, 0))?;
    }
    Ok(())
}

/// Its queries are in the same families.
#[observed(
    query,
    level = "debug",
    counter(name = "tasker.database.queries", help = "Queries of the database, by query and status."),
    histogram(
        name = "tasker.database.query_duration_ms",
        help = "Time of queries of the database, in milliseconds, by query.",
        labels(query)
    ),
    allow(base_unit)
)]
impl Store {
    /// Holds all lines of an order for a task, or none of them.
    pub fn hold_stock(&self, uuid: &str, lines: &[Line]) -> Result<Result<(), Shortage>, StoreError> {
        let transaction = self.database.begin_write()?;
        {
            let mut stock = transaction.open_table(STOCK)?;
            let mut holds = transaction.open_table(HOLDS)?;
            for Line { article, quantity } in lines {
                let (on_hand, held) = stock.get(article.as_str())?.map_or((0, 0), |row| row.value());
                let free = on_hand - held;
                if free < *quantity {
                    // What was held so far is not written.
                    return Ok(Err(Shortage { article: article.clone(), free, wanted: *quantity }));
                }
                stock.insert(article.as_str(), (on_hand, held + quantity))?;
                let before = holds.get((uuid, article.as_str()))?.map_or(0, |row| row.value());
                holds.insert((uuid, article.as_str()), before + quantity)?;
            }
        }
        super::commit(transaction)?;
        Ok(Ok(()))
    }

    /// What is held for a task goes out, or back.
    pub fn settle_stock(&self, uuid: &str, is_sold: bool) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut stock = transaction.open_table(STOCK)?;
            let mut holds = transaction.open_table(HOLDS)?;
            for article in ARTICLES {
                let Some(quantity) = holds.remove((uuid, article.name))?.map(|row| row.value()) else { continue };
                let (on_hand, held) = stock.get(article.name)?.map_or((0, 0), |row| row.value());
                let left = if is_sold { on_hand - quantity } else { on_hand };
                stock.insert(article.name, (left, held - quantity))?;
            }
            Ok(())
        })
    }

    /// A delivery comes in. `None` if there would be more of it than can be counted.
    pub fn add_stock(&self, article: &str, quantity: u64) -> Result<Option<Stock>, StoreError> {
        self.write(|transaction| {
            let mut stock = transaction.open_table(STOCK)?;
            let (on_hand, held) = stock.get(article)?.map_or((0, 0), |row| row.value());
            let Some(on_hand) = on_hand.checked_add(quantity) else { return Ok(None) };
            stock.insert(article, (on_hand, held))?;
            Ok(Some(Stock { on_hand, held }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(article: &str, quantity: u64) -> Line {
        Line { article: article.into(), quantity }
    }

    #[test]
    fn an_order_holds_all_of_its_lines_or_none() {
        let store = Store::open(1).unwrap();
        let lines = [line("rope", 1), line("anvil", 4)];
        let short = Shortage { article: "anvil".into(), free: 3, wanted: 4 };
        assert_eq!(store.hold_stock("a", &lines).unwrap(), Err(short));
        let held = |article| store.add_stock(article, 0).unwrap().unwrap();
        assert_eq!(held("rope"), Stock { on_hand: 40, held: 0 });
        assert_eq!(store.hold_stock("a", &[line("anvil", 1), line("anvil", 1)]).unwrap(), Ok(()));
        assert_eq!(held("anvil"), Stock { on_hand: 3, held: 2 });
        // What one order holds is not free for another, until it is given back.
        assert!(store.hold_stock("b", &[line("anvil", 2)]).unwrap().is_err());
        store.settle_stock("a", false).unwrap();
        assert_eq!(store.hold_stock("b", &[line("anvil", 2)]).unwrap(), Ok(()));
        store.settle_stock("b", true).unwrap();
        assert_eq!(held("anvil"), Stock { on_hand: 1, held: 0 });
    }
}
