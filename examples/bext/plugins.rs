//! Plugins: what looks at each request and each answer. Each has so much fuel for a hook, and pays for what it does.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tallied::{Label as _, observed};

use crate::metrics::{BEXT, Hook, MICROSECONDS, OfHook, OfPlugin, PLUGINS};

/// How much a plugin may burn in a hook.
const FUEL: u64 = 512;

/// It is used up.
#[derive(Debug, thiserror::Error)]
#[error("out of fuel: it had {FUEL}")]
pub struct OutOfFuel;

/// What a plugin has left.
pub struct Fuel(u64);

impl Fuel {
    fn burn(&mut self, units: usize) -> Result<(), OutOfFuel> {
        let left = self.0.checked_sub(units as u64);
        // What is too much burns what there is.
        self.0 = left.unwrap_or(0);
        left.map(drop).ok_or(OutOfFuel)
    }
}

pub trait Plugin: Send + Sync {
    fn name(&self) -> &'static str;

    /// A request is there, and nothing is done about it yet.
    fn on_request(&self, path: &str, fuel: &mut Fuel) -> Result<(), OutOfFuel> {
        let _ = (path, fuel);
        Ok(())
    }

    /// An answer is there, and was not sent yet.
    fn on_response(&self, headers: &mut HeaderMap, fuel: &mut Fuel) -> Result<(), OutOfFuel> {
        let _ = (headers, fuel);
        Ok(())
    }
}

/// All of them, in their order.
pub struct Plugins(Vec<Box<dyn Plugin>>);

impl Plugins {
    pub fn new() -> Self {
        Plugins(vec![Box::new(Analytics::default()), Box::new(SecurityHeaders)])
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn on_request(&self, path: &str) {
        for plugin in &self.0 {
            tell(plugin.name(), Hook::OnRequest, |fuel| plugin.on_request(path, fuel));
        }
    }

    pub fn on_response(&self, headers: &mut HeaderMap) {
        for plugin in &self.0 {
            tell(plugin.name(), Hook::OnResponse, |fuel| plugin.on_response(headers, fuel));
        }
    }
}

/// A plugin that fails is told of, and the request goes on.
fn tell(plugin: &'static str, hook: Hook, work: impl FnOnce(&mut Fuel) -> Result<(), OutOfFuel>) {
    let mut fuel = Fuel(FUEL);
    let ended = run(plugin, hook, || work(&mut fuel));
    BEXT.plugin_fuel_consumed.with(OfPlugin { plugin }).add(FUEL - fuel.0);
    tracing::trace!(plugin, hook = hook.text(), fuel = FUEL - fuel.0, "plugin called");
    if let Err(error) = ended {
        BEXT.plugin_errors_total.with(OfHook { plugin, hook }).inc();
        tracing::error!(plugin, hook = hook.text(), %error, "plugin failed");
    }
}

#[observed(
    labels(plugin(max = PLUGINS), hook),
    counter = false,
    histogram(
        name = "bext_plugin_duration_us",
        help = "Time of plugins' hooks in microseconds.",
        unit = "us",
        labels(plugin, hook),
        buckets = MICROSECONDS
    ),
    name = "plugin",
    level = "debug",
    allow(base_unit)
)]
fn run<R>(plugin: &'static str, hook: Hook, work: impl FnOnce() -> R) -> R {
    work()
}

/// Counts visits, by the first word of the path.
#[derive(Default)]
struct Analytics {
    visits: Mutex<BTreeMap<String, u64>>,
}

/// So many words are told apart.
const WORDS: usize = 100;

impl Plugin for Analytics {
    fn name(&self) -> &'static str {
        "analytics"
    }

    fn on_request(&self, path: &str, fuel: &mut Fuel) -> Result<(), OutOfFuel> {
        fuel.burn(path.len())?;
        let word = path.split('/').nth(1).unwrap_or_default();
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        if visits.len() < WORDS || visits.contains_key(word) {
            *visits.entry(word.to_owned()).or_default() += 1;
        }
        Ok(())
    }
}

struct SecurityHeaders;

impl Plugin for SecurityHeaders {
    fn name(&self) -> &'static str {
        "security-headers"
    }

    fn on_response(&self, headers: &mut HeaderMap, fuel: &mut Fuel) -> Result<(), OutOfFuel> {
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin")] {
            fuel.burn(name.len() + value.len())?;
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Ok(())
    }
}
