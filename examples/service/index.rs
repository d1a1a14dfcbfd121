//! Documents, and where each word stands in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock};

use tallied::{Gauge, Metrics, observed};

/// What the index holds.
#[derive(Metrics)]
#[metrics(prefix = "search")]
struct Held {
    /// Documents in the index.
    documents: Gauge<(), i64>,
    /// Different words in the index.
    words: Gauge<(), i64>,
}

static HELD: Held = Held::new();

/// An index that many read while one writes.
#[derive(Default)]
pub struct Index {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    texts: HashMap<u64, String>,
    words: BTreeMap<String, BTreeSet<u64>>,
}

/// A document that is found.
#[derive(Debug, PartialEq, serde::Serialize)]
pub struct Hit {
    pub id: u64,
    pub count: usize,
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

impl Index {
    /// Takes a document in. A text without a word is none.
    #[observed(step_name, histogram)]
    pub fn add(&self, id: u64, text: String) -> Result<usize, &'static str> {
        let found: BTreeSet<String> = words(&text).collect();
        if found.is_empty() {
            return Err("there is no word in it");
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let count = found.len();
        for word in found {
            inner.words.entry(word).or_default().insert(id);
        }
        inner.texts.insert(id, text);
        HELD.documents.set(i64::try_from(inner.texts.len()).unwrap_or(i64::MAX));
        HELD.words.set(i64::try_from(inner.words.len()).unwrap_or(i64::MAX));
        Ok(count)
    }

    /// The documents that have every word of the question, those first that have them most often.
    #[observed(step_name, histogram)]
    pub fn search(&self, question: &str) -> Vec<Hit> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let asked: BTreeSet<String> = words(question).collect();
        let mut found = asked.iter().map(|word| inner.words.get(word).cloned().unwrap_or_default());
        let Some(first) = found.next() else { return Vec::new() };
        let all = found.fold(first, |all, more| all.intersection(&more).copied().collect());
        let hit = |id: u64| {
            let text = inner.texts.get(&id)?;
            Some(Hit { id, count: words(text).filter(|word| asked.contains(word)).count() })
        };
        let mut hits: Vec<Hit> = all.into_iter().filter_map(hit).collect();
        hits.sort_by_key(|hit| (std::cmp::Reverse(hit.count), hit.id));
        hits
    }

    pub fn get(&self, id: u64) -> Option<String> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).texts.get(&id).cloned()
    }

    /// How many documents and words there are.
    pub fn len(&self) -> (usize, usize) {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        (inner.texts.len(), inner.words.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_by_all_words_of_a_question() {
        let index = Index::default();
        assert_eq!(index.add(1, "The quick brown fox, the fox".into()), Ok(4));
        assert_eq!(index.add(2, "A FOX and a hound".into()), Ok(4));
        assert_eq!(index.add(3, " … ".into()), Err("there is no word in it"));
        assert_eq!(index.search("fox"), [Hit { id: 1, count: 2 }, Hit { id: 2, count: 1 }]);
        assert_eq!(index.search("Fox hound"), [Hit { id: 2, count: 2 }]);
        assert_eq!((index.search("cat"), index.search("")), (vec![], vec![]));
        assert_eq!((index.len(), index.get(2).as_deref()), ((2, 7), Some("A FOX and a hound")));
    }
}
