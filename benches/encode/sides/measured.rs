use measured::label::{FixedCardinalitySet, LabelSet, LabelValue, LabelVisitor};
use measured::metric::MetricFamilyEncoding;
use measured::metric::histogram::Thresholds;
use measured::metric::name::MetricName;
use measured::text::TextEncoder;
use measured::{FixedCardinalityLabel, HistogramVec, LabelGroup};
use tallied::STANDARD_BUCKETS;

use crate::{Exposes, Family, Method, Writes};

#[derive(Clone, Copy, LabelGroup)]
#[label(set = Labels)]
struct OfTenant {
    #[label(fixed_with = Tenants)]
    tenant: Tenant,
    method: MeasuredMethod,
}

#[derive(Clone, Copy)]
struct Tenant(usize);

impl LabelValue for Tenant {
    fn visit<V: LabelVisitor>(&self, v: V) -> V::Output {
        v.write_str(Family::tenant(self.0))
    }
}

/// So many tenants, all known before: the cheapest label that it has.
struct Tenants(usize);

impl LabelSet for Tenants {
    type Value<'a> = Tenant;

    fn dynamic_cardinality(&self) -> Option<usize> {
        Some(self.0)
    }
    fn encode(&self, tenant: Tenant) -> Option<usize> {
        (tenant.0 < self.0).then_some(tenant.0)
    }
    fn decode(&self, tenant: usize) -> Tenant {
        Tenant(tenant)
    }
}

impl FixedCardinalitySet for Tenants {}

#[derive(Clone, Copy, FixedCardinalityLabel)]
enum MeasuredMethod {
    Get,
    Head,
    Post,
    Put,
}

impl From<Method> for MeasuredMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => MeasuredMethod::Get,
            Method::Head => MeasuredMethod::Head,
            Method::Post => MeasuredMethod::Post,
            Method::Put => MeasuredMethod::Put,
        }
    }
}

type Histograms = HistogramVec<Labels, { STANDARD_BUCKETS.len() }>;

pub struct Side {
    families: Vec<(Family, Histograms)>,
    out: Vec<u8>,
}

impl Side {
    pub fn new(families: &[Family]) -> Side {
        let family = |family: &Family| {
            let labels = Labels::new(Tenants(family.tenants()));
            let bounds = Thresholds::with_buckets(STANDARD_BUCKETS);
            (*family, Histograms::dense_with_label_set_and_metadata(labels, bounds))
        };
        Side { families: families.iter().map(family).collect(), out: Vec::new() }
    }
}

impl Writes for Side {
    fn write(&self, family: Family, tenant: usize, method: Method, seconds: f64) {
        let labels = OfTenant { tenant: Tenant(tenant), method: method.into() };
        Family::find(&self.families, family).observe(labels, seconds);
    }
}

impl Exposes for Side {
    fn encode(&mut self) -> &[u8] {
        self.out.clear();
        let mut encoder = TextEncoder::new(&mut self.out);
        for (family, histograms) in &self.families {
            let name = MetricName::from_str(family.name());
            histograms.collect_family_into(name, &mut encoder).expect("a `Vec` takes all");
        }
        encoder.flush().expect("a `Vec` takes all");
        &self.out
    }
}
