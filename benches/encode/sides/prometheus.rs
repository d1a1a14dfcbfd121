use prometheus::{Encoder, HistogramOpts, HistogramVec, Registry, TextEncoder};
use tallied::STANDARD_BUCKETS;

use crate::{Exposes, Family, Method, Writes};

pub struct Side {
    families: Vec<(Family, HistogramVec)>,
    registry: Registry,
    out: Vec<u8>,
}

impl Side {
    pub fn new(families: &[Family]) -> Side {
        let registry = Registry::new();
        let family = |family: &Family| {
            let options = HistogramOpts::new(family.name(), "Durations.").buckets(STANDARD_BUCKETS.to_vec());
            let histograms = HistogramVec::new(options, &["tenant", "method"]).expect("a good name");
            registry.register(Box::new(histograms.clone())).expect("the first");
            (*family, histograms)
        };
        Side { families: families.iter().map(family).collect(), registry, out: Vec::new() }
    }
}

impl Writes for Side {
    fn write(&self, family: Family, tenant: usize, method: Method, seconds: f64) {
        let histograms = Family::find(&self.families, family);
        histograms.with_label_values(&[Family::tenant(tenant), method.text()]).observe(seconds);
    }
}

impl Exposes for Side {
    fn encode(&mut self) -> &[u8] {
        self.out.clear();
        TextEncoder::new().encode(&self.registry.gather(), &mut self.out).expect("a `Vec` takes all");
        &self.out
    }
}
