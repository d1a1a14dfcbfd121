//! How many ways there are from package to package: powers of the graph's adjacency matrix.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tallied::observed;

use super::graph::Graph;
use crate::kernel::{Failure, Kernel};
use crate::memory::{Buffer, Pools};
use crate::metrics::Domain;

/// The product of matrices, row by row.
pub struct MatMul {
    pub graph: Arc<Graph>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The length of the paths.
    #[serde(default = "two")]
    power: u32,
}

fn two() -> u32 {
    2
}

pub struct Work {
    power: u32,
    adjacency: Buffer,
    paths: Buffer,
    product: Buffer,
}

#[observed(counter = false)]
impl Kernel for MatMul {
    const ID: &'static str = "linear/matmul";
    const DOMAIN: Domain = Domain::LinearAlgebra;
    type Input = Input;
    type Work = Work;

    fn validate(&self, input: &Input) -> Result<(), Failure> {
        if (1..=1000).contains(&input.power) {
            return Ok(());
        }
        Err(Failure::Invalid(format!("`power` is {}: expected 1 to 1000", input.power)))
    }

    fn prepare_input(&self, input: Input, memory: &Pools) -> Result<Work, Failure> {
        let len = self.graph.len();
        let mut staged = memory.host.take(len * len)?;
        for (from, edges) in self.graph.edges.iter().enumerate() {
            for to in edges {
                staged[from * len + to] = 1.0;
            }
        }
        let device = &memory.device;
        let (adjacency, paths) = (device.copy(&staged)?, device.copy(&staged)?);
        Ok(Work { power: input.power, adjacency, paths, product: device.take(len * len)? })
    }

    async fn gpu_execute(&self, work: &mut Work) -> Result<(), Failure> {
        let Work { power, adjacency, paths, product } = work;
        let len = self.graph.len();
        for _ in 1..*power {
            for (row, sums) in paths.chunks(len).zip(product.chunks_mut(len)) {
                multiply_row(row, adjacency, sums);
                tokio::task::yield_now().await;
            }
            std::mem::swap(paths, product);
        }
        Ok(())
    }

    async fn collect_output(&self, work: Work, memory: &Pools) -> Result<Value, Failure> {
        let paths = memory.host.copy(&work.paths)?;
        let (len, sum) = (self.graph.len(), paths.iter().sum::<f64>());
        let most = paths.iter().enumerate().max_by(|(_, one), (_, other)| one.total_cmp(other));
        let most = most.map(
            |(at, paths)| json!({"from": self.graph.names[at / len], "to": self.graph.names[at % len], "paths": paths}),
        );
        Ok(json!({"packages": len, "paths": sum, "most": most}))
    }
}

/// A row of the product of two square matrices, of which the right one is given row by row.
fn multiply_row(row: &[f64], right: &[f64], sums: &mut [f64]) {
    sums.fill(0.0);
    for (factor, right) in row.iter().zip(right.chunks(row.len())) {
        for (sum, number) in sums.iter_mut().zip(right) {
            *sum += factor * number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_product() {
        let right = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        let mut sums = [7.0; 3];
        multiply_row(&[1.0, 10.0, 100.0], &right, &mut sums);
        // Whole numbers, so nothing is rounded.
        assert_eq!(sums.map(f64::to_bits), [741.0, 852.0, 963.0].map(f64::to_bits));
    }
}
