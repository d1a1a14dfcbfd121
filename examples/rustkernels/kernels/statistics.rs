//! The largest of many values: what other kernels send their results to.

use serde::Deserialize;
use serde_json::{Value, json};
use tallied::observed;

use crate::kernel::{Failure, Kernel};
use crate::memory::{Buffer, Pools};
use crate::metrics::Domain;

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

pub struct Work {
    names: Vec<String>,
    values: Buffer,
    count: usize,
    /// The places of the largest, the largest first.
    places: Vec<usize>,
}

#[observed(counter = false)]
impl Kernel for Top {
    const ID: &'static str = "stats/top";
    const DOMAIN: Domain = Domain::Statistics;
    type Input = Input;
    type Work = Work;

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

    fn prepare_input(&self, input: Input, memory: &Pools) -> Result<Work, Failure> {
        let values = memory.device.copy(&input.values)?;
        Ok(Work { names: input.names, values, count: input.count, places: Vec::new() })
    }

    async fn gpu_execute(&self, work: &mut Work) -> Result<(), Failure> {
        let Work { values, count, places, .. } = work;
        let larger = |one: &usize, other: &usize| values[*other].total_cmp(&values[*one]);
        places.extend(0..values.len());
        // All that are wanted go to the front, and only those are sorted.
        places.select_nth_unstable_by(*count - 1, larger);
        places.truncate(*count);
        places.sort_by(larger);
        Ok(())
    }

    async fn collect_output(&self, work: Work, _: &Pools) -> Result<Value, Failure> {
        let ranked = work.places.iter().map(|at| json!({"name": work.names.get(*at), "value": work.values[*at]}));
        Ok(ranked.collect())
    }
}
