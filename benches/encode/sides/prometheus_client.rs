use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::family::Family as Labelled;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tallied::STANDARD_BUCKETS;

use crate::{Exposes, Family, Method, Writes};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    tenant: String,
    method: &'static str,
}

type Histograms = Labelled<Labels, Histogram, fn() -> Histogram>;

pub struct Side {
    families: Vec<(Family, Histograms)>,
    registry: Registry,
    out: String,
}

impl Side {
    pub fn new(families: &[Family]) -> Side {
        let mut registry = Registry::default();
        let family = |family: &Family| {
            let histograms = Histograms::new_with_constructor(|| Histogram::new(STANDARD_BUCKETS));
            registry.register(family.name(), "Durations", histograms.clone());
            (*family, histograms)
        };
        Side { families: families.iter().map(family).collect(), registry, out: String::new() }
    }
}

impl Writes for Side {
    fn write(&self, family: Family, tenant: usize, method: Method, seconds: f64) {
        let labels = Labels { tenant: Family::tenant(tenant).to_owned(), method: method.text() };
        Family::find(&self.families, family).get_or_create(&labels).observe(seconds);
    }
}

impl Exposes for Side {
    fn encode(&mut self) -> &[u8] {
        self.out.clear();
        text::encode(&mut self.out, &self.registry).expect("a `String` takes all");
        self.out.as_bytes()
    }
}
