//! Structs of labels: each combination is a series of its own.

#![allow(clippy::float_cmp)] // counts are whole numbers

use std::sync::Mutex;

use proptest::prelude::*;
use tallied::{Label, LabelSet, observed};
use tallied_tests::exposition::{series, value};

#[derive(Clone, Copy, Debug, PartialEq, Label)]
enum Layer {
    Isr,
    Fragment,
    Tenant,
}

#[derive(Clone, Copy, Debug, LabelSet)]
struct Http {
    #[label(rename = "http_method")]
    method: Method,
    secure: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Label)]
enum Method {
    Get,
    Post,
}

#[derive(Clone, Copy, Debug, LabelSet)]
struct Cache<'a> {
    layer: Layer,
    #[label(max = 3)]
    app: &'a str,
    #[label(flatten)]
    http: Http,
    hit: bool,
}

#[derive(LabelSet)]
struct Nothing {}

#[derive(LabelSet)]
struct Of<L, S, T> {
    label: L,
    #[label(flatten)]
    rest: S,
    #[label(max = 1)]
    open: T,
}

#[observed(
    labels(cache(flatten)),
    counter = "sets_total",
    histogram(name = "sets_seconds", labels(cache)),
    in_flight = "sets_now"
)]
fn of_a_parameter(cache: &Cache<'_>) -> bool {
    cache.hit
}

struct Request {
    secure: bool,
}

impl Request {
    fn labels(&self) -> Http {
        Http { method: Method::Post, secure: Some(self.secure) }
    }

    #[observed(
        labels(before: bool = self.secure, http(flatten): Http = self.labels(), none(flatten): Nothing = Nothing {}),
        after(behind = |n| *n > 1),
        counter = "methods_total"
    )]
    fn of_an_expression(&self, n: u8) -> u8 {
        n
    }
}

#[observed(labels(of(flatten)), counter = "of_total")]
fn of_generic(of: Of<Layer, Http, u16>) {}

#[test]
fn a_set_stands_for_its_labels() {
    let http = Http { method: Method::Get, secure: None };
    of_a_parameter(&Cache { layer: Layer::Tenant, app: "shop", http, hit: true });
    Request { secure: true }.of_an_expression(2);
    of_generic(Of { label: Layer::Isr, rest: http, open: 7 });
    let text = tallied::gather_metrics();
    let labels = [("layer", "tenant"), ("app", "shop"), ("http_method", "get"), ("secure", ""), ("hit", "true")];
    let told = [&labels[..], &[("status", "ok")]].concat();
    assert_eq!(value(&text, "sets_total", &told), Some(1.0));
    assert_eq!(value(&text, "sets_seconds_count", &labels), Some(1.0));
    assert_eq!(value(&text, "sets_now", &labels), Some(0.0));
    let labels =
        [("before", "true"), ("http_method", "post"), ("secure", "true"), ("behind", "true"), ("status", "ok")];
    assert_eq!(value(&text, "methods_total", &labels), Some(1.0));
    let labels = [("label", "isr"), ("http_method", "get"), ("secure", ""), ("open", "7"), ("status", "ok")];
    assert_eq!(value(&text, "of_total", &labels), Some(1.0));
    assert_eq!(Http::CARDINALITY, 2 * 3);
    assert_eq!(Cache::CARDINALITY, 3 * 4 * 6 * 2);
    assert_eq!((Nothing::CARDINALITY, <&Http>::CARDINALITY), (1, 6));
    assert_eq!(Of::<bool, Nothing, String>::CARDINALITY, 2 * 2);
}

fn layers() -> impl Strategy<Value = Layer> {
    prop_oneof![Just(Layer::Isr), Just(Layer::Fragment), Just(Layer::Tenant)]
}

fn https() -> impl Strategy<Value = Http> {
    let method = prop_oneof![Just(Method::Get), Just(Method::Post)];
    (method, any::<Option<bool>>()).prop_map(|(method, secure)| Http { method, secure })
}

/// The texts of the labels, and how many calls there were.
type Counted = ([String; 5], u32);

/// A family and its counterpart, which counts by the texts alone.
mod model {
    use super::{Cache, Layer, Method};

    pub(super) fn labels(cache: &Cache<'_>, kept: &[String]) -> [String; 5] {
        let layer = match cache.layer {
            Layer::Isr => "isr",
            Layer::Fragment => "fragment",
            Layer::Tenant => "tenant",
        };
        let method = if cache.http.method == Method::Get { "get" } else { "post" };
        let secure = cache.http.secure.map(|secure| secure.to_string()).unwrap_or_default();
        let app = if kept.iter().any(|kept| kept == cache.app) { cache.app } else { "_other" };
        let app = app.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
        [layer.to_owned(), app, method.to_owned(), secure, cache.hit.to_string()]
    }
}

#[observed(labels(cache(flatten)), counter = "model_total")]
fn modelled(cache: Cache<'_>) {}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// All cases add to the same family: so the texts that are kept are those of the first case that had three.
    #[test]
    fn every_combination_is_counted_in_its_own_series(
        calls in prop::collection::vec((layers(), "[a-c\"\\\\\n]{0,2}", https(), any::<bool>()), 1..60)
    ) {
        static COUNTED: Mutex<(Vec<String>, Vec<Counted>)> = Mutex::new((Vec::new(), Vec::new()));
        let mut counted = COUNTED.lock().unwrap();
        let (kept, series_of) = &mut *counted;
        for (layer, app, http, hit) in &calls {
            let cache = Cache { layer: *layer, app, http: *http, hit: *hit };
            modelled(cache);
            if kept.len() < 3 && !kept.contains(app) {
                kept.push(app.clone());
            }
            let labels = model::labels(&cache, kept);
            match series_of.iter_mut().find(|(known, _)| *known == labels) {
                Some((_, count)) => *count += 1,
                None => series_of.push((labels, 1)),
            }
        }
        let text = tallied::gather_metrics();
        for ([layer, app, method, secure, hit], count) in &*series_of {
            let labels =
                [("layer", &**layer), ("app", app), ("http_method", method), ("secure", secure), ("hit", hit), ("status", "ok")];
            prop_assert_eq!(value(&text, "model_total", &labels), Some(f64::from(*count)), "{:?}", labels);
        }
        // And in no other.
        let all: f64 = series(&text, "model_total").iter().map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum();
        prop_assert_eq!(all, f64::from(series_of.iter().map(|(_, count)| count).sum::<u32>()));
    }
}
