//! What was made once and is kept: four layers, each with room for so many, the one that was used longest ago goes first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tallied::{Label as _, observed};

use crate::metrics::{BEXT, Invalidated, Layer, MICROSECONDS, OfInvalidation, OfLayer};

/// How much each layer keeps, in the order of [`Layer`].
const ROOM: [usize; 4] = [8, 8, 4, 4];

struct Entry {
    text: Arc<str>,
    tags: Vec<String>,
    used: u64,
}

/// By application, generation and key.
type Entries = HashMap<(String, u64, String), Entry>;

/// Of a generation of an application, in a layer, under a key.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub app: &'a str,
    pub generation: u64,
    pub layer: Layer,
    pub key: &'a str,
}

impl Place<'_> {
    fn key(&self) -> (String, u64, String) {
        (self.app.to_owned(), self.generation, self.key.to_owned())
    }
}

#[derive(Default)]
pub struct Cache {
    layers: [Mutex<Entries>; 4],
    uses: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Cache {
    fn layer<R>(&self, layer: Layer, work: impl FnOnce(&mut Entries) -> R) -> R {
        work(&mut self.layers[layer as usize].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How much it keeps, and how much of what was asked was there.
    pub fn about(&self) -> (usize, f64) {
        let entries = self.layers.iter().map(|layer| layer.lock().unwrap_or_else(PoisonError::into_inner).len()).sum();
        let [hits, misses] = [&self.hits, &self.misses].map(|count| count.load(Ordering::Relaxed));
        #[allow(clippy::cast_precision_loss)] // a share
        let share = hits as f64 / (hits + misses).max(1) as f64;
        (entries, share)
    }
}

/// Each is timed, under its name.
#[observed(
    operation,
    counter = false,
    histogram(
        name = "bext_cache_operation_duration_us",
        help = "Time of operations on caches in microseconds.",
        unit = "us",
        buckets = MICROSECONDS,
        labels(operation)
    ),
    level = "debug",
    allow(base_unit)
)]
impl Cache {
    pub fn get(&self, place: Place<'_>) -> Option<Arc<str>> {
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        let found = self.layer(place.layer, |entries| {
            let entry = entries.get_mut(&place.key())?;
            entry.used = used;
            Some(entry.text.clone())
        });
        let of = OfLayer { app: place.app, layer: place.layer };
        if found.is_some() {
            self.hits.fetch_add(1, Ordering::Relaxed);
            BEXT.cache_hits_total.with(of).inc();
        } else {
            self.misses.fetch_add(1, Ordering::Relaxed);
            BEXT.cache_misses_total.with(of).inc();
        }
        tracing::debug!(layer = place.layer.text(), key = place.key, is_hit = found.is_some(), "cache asked");
        found
    }

    pub fn put(&self, place: Place<'_>, tags: Vec<String>, text: Arc<str>) {
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        let evicted = self.layer(place.layer, |entries| {
            let key = place.key();
            let bytes = text.len();
            let entry = Entry { text, tags, used };
            if let Some(old) = entries.insert(key.clone(), entry) {
                changed(place.app, place.layer, -1, &old.text);
            }
            changed_by(place.app, place.layer, 1, bytes);
            let is_full = entries.len() > ROOM[place.layer as usize];
            let oldest = entries.iter().filter(|(of, _)| **of != key).min_by_key(|(_, entry)| entry.used);
            let oldest = oldest.map(|(of, _)| of.clone()).filter(|_| is_full)?;
            entries.remove(&oldest).map(|entry| (oldest, entry))
        });
        if let Some(((app, _, key), entry)) = evicted {
            changed(&app, place.layer, -1, &entry.text);
            BEXT.cache_evictions_total.with(OfLayer { app: &app, layer: place.layer }).inc();
            tracing::warn!(evicted_app = app, layer = place.layer.text(), key, "cache entry evicted");
        }
    }

    /// Takes out what has a tag, a path, or another generation than the one that is given. Says how much that was.
    pub fn invalidate(&self, app: &str, method: Invalidated, what: &str) -> usize {
        let is_meant = |generation: u64, key: &str, entry: &Entry| match method {
            Invalidated::Tag => entry.tags.iter().any(|tag| tag == what),
            // Pages are kept for each tenant.
            Invalidated::Path => key.split(' ').next() == Some(what),
            Invalidated::Gc => generation.to_string() != what,
        };
        let mut gone = 0;
        for layer in [Layer::Isr, Layer::Fragment, Layer::Layout, Layer::Tenant] {
            self.layer(layer, |entries| {
                entries.retain(|(of, generation, key), entry| {
                    let stays = of != app || !is_meant(*generation, key, entry);
                    if !stays {
                        changed(app, layer, -1, &entry.text);
                        gone += 1;
                    }
                    stays
                });
            });
        }
        BEXT.cache_invalidations_total.with(OfInvalidation { app, method }).add(gone as u64);
        tracing::info!(
            invalidated_app = app,
            invalidated_by = method.text(),
            what,
            entries = gone,
            "cache invalidated"
        );
        gone
    }
}

fn changed(app: &str, layer: Layer, entries: i64, text: &str) {
    changed_by(app, layer, entries, text.len());
}

fn changed_by(app: &str, layer: Layer, entries: i64, bytes: usize) {
    let of = OfLayer { app, layer };
    BEXT.cache_entries.with(of).add(entries);
    BEXT.cache_bytes.with(of).add(entries * i64::try_from(bytes).unwrap_or(i64::MAX));
}
