//! The largest of many values: what other kernels send their results to.

use serde::{Deserialize, Serialize};

use crate::kernel::{Failure, Kernel};
use crate::memory::{Buffer, Pools};
use crate::metrics::Domain;
use crate::runtime::Context;

/// The largest values with their names.
pub struct Top;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    names: Vec<String>,
    values: Vec<f64>,
    count: usize,
}

pub struct Prepared {
    names: Vec<String>,
    values: Buffer,
    count: usize,
}

pub struct Computed {
    names: Vec<String>,
    values: Buffer,
    /// The places of the largest, the largest first.
    places: Vec<usize>,
}

#[derive(Serialize)]
pub struct Ranked {
    name: Option<String>,
    value: f64,
}

#[tallied::instrument(skip_all)]
impl Kernel for Top {
    const ID: &'static str = "stats/top";
    const DOMAIN: Domain = Domain::Statistics;
    type Input = Input;
    type Prepared = Prepared;
    type Computed = Computed;
    type Output = Vec<Ranked>;

    fn validate(&self, input: &Input) -> Result<(), Failure> {
        let (names, values) = (input.names.len(), input.values.len());
        if names != 0 && names != values {
            return Err(Failure::Invalid(format!("there are {names} names for {values} values")));
        }
        if !(1..=values).contains(&input.count) {
            return Err(Failure::Invalid(format!("`count` is {}: expected 1 to {values}", input.count)));
        }
        Ok(())
    }

    fn prepare_input(&self, input: Input, memory: &Pools) -> Result<Prepared, Failure> {
        let mut values = memory.device.take(input.values.len())?;
        values.copy_from_slice(&input.values);
        Ok(Prepared { names: input.names, values, count: input.count })
    }

    async fn gpu_execute(&self, prepared: Prepared) -> Result<Computed, Failure> {
        let Prepared { names, values, count } = prepared;
        let mut places: Vec<usize> = (0..values.len()).collect();
        let larger = |one: &usize, other: &usize| values[*other].total_cmp(&values[*one]);
        // All that are wanted go to the front, and only those are sorted.
        places.select_nth_unstable_by(count - 1, larger);
        places.truncate(count);
        places.sort_by(larger);
        Ok(Computed { names, values, places })
    }

    async fn collect_output(&self, computed: Computed, _: &Pools, _: &Context) -> Result<Vec<Ranked>, Failure> {
        let Computed { names, values, places } = computed;
        Ok(places.into_iter().map(|at| Ranked { name: names.get(at).cloned(), value: values[at] }).collect())
    }
}
