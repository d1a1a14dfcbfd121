//! Its cells are statics, so each family is there once, and can be written to and read in one place only.

use std::time::Duration;

use tallied::{Format, Histogram, Label, LabelSet, Metrics};

use crate::{Exposes, Family, Method, Writes};

#[derive(Metrics)]
struct Group {
    /// Durations.
    #[metrics(budget = 100_000)]
    small_seconds: Histogram<Small<'static>>,
    /// Durations.
    #[metrics(budget = 100_000)]
    large_seconds: Histogram<Large<'static>>,
    /// Durations.
    #[metrics(budget = 100_000)]
    memory_seconds: Histogram<Memory<'static>>,
}

static GROUP: Group = Group::new();

#[derive(LabelSet)]
struct Small<'a> {
    #[label(max = Family::Small.tenants())]
    tenant: &'a str,
    method: TalliedMethod,
}

#[derive(LabelSet)]
struct Large<'a> {
    #[label(max = Family::Large.tenants())]
    tenant: &'a str,
    method: TalliedMethod,
}

#[derive(LabelSet)]
struct Memory<'a> {
    #[label(max = Family::Memory.tenants())]
    tenant: &'a str,
    method: TalliedMethod,
}

#[derive(Clone, Copy, Label)]
enum TalliedMethod {
    Get,
    Head,
    Post,
    Put,
}

impl From<Method> for TalliedMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => TalliedMethod::Get,
            Method::Head => TalliedMethod::Head,
            Method::Post => TalliedMethod::Post,
            Method::Put => TalliedMethod::Put,
        }
    }
}

#[derive(Default)]
pub struct Side(Vec<u8>);

impl Side {
    /// What the catalogue says of the cells of a family.
    pub fn statics(family: Family) -> usize {
        let catalogue = tallied::catalogue();
        catalogue.families().iter().find(|listed| listed.name() == family.name()).map_or(0, |listed| listed.bytes())
    }
}

impl Writes for Side {
    fn write(&self, family: Family, tenant: usize, method: Method, seconds: f64) {
        let (tenant, method) = (Family::tenant(tenant), method.into());
        let histogram = match family {
            Family::Small => GROUP.small_seconds.with(Small { tenant, method }),
            Family::Large => GROUP.large_seconds.with(Large { tenant, method }),
            Family::Memory => GROUP.memory_seconds.with(Memory { tenant, method }),
        };
        histogram.observe(Duration::from_secs_f64(seconds));
    }
}

impl Exposes for Side {
    fn encode(&mut self) -> &[u8] {
        self.0.clear();
        tallied::encode(Format::Text, &mut self.0);
        &self.0
    }
}
