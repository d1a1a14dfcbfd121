//! How many ways there are from package to package: powers of the graph's adjacency matrix.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::graph::Graph;
use crate::kernel::{Failure, Kernel};
use crate::memory::{Buffer, Pools};
use crate::metrics::Domain;
use crate::runtime::Context;

/// Rows and columns that are multiplied together: three blocks of it lie in a processor's first cache.
const BLOCK: usize = 32;

/// The product of matrices, block by block.
pub struct MatMul {
    pub graph: Arc<Graph>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    /// The length of the paths.
    power: u32,
}

impl Default for Input {
    fn default() -> Self {
        Input { power: 2 }
    }
}

pub struct Prepared {
    power: u32,
    adjacency: Buffer,
    left: Buffer,
    product: Buffer,
}

#[derive(Serialize)]
pub struct Output {
    packages: usize,
    paths: f64,
    /// The pair with the most paths between them.
    most: Most,
}

#[derive(Serialize)]
struct Most {
    from: String,
    to: String,
    paths: f64,
}

#[tallied::instrument(skip_all)]
impl Kernel for MatMul {
    const ID: &'static str = "linear/matmul";
    const DOMAIN: Domain = Domain::LinearAlgebra;
    type Input = Input;
    type Prepared = Prepared;
    type Computed = Buffer;
    type Output = Output;

    fn validate(&self, input: &Input) -> Result<(), Failure> {
        if (1..=1000).contains(&input.power) {
            return Ok(());
        }
        Err(Failure::Invalid(format!("`power` is {}: expected 1 to 1000", input.power)))
    }

    fn prepare_input(&self, input: Input, memory: &Pools) -> Result<Prepared, Failure> {
        let len = self.graph.len();
        let mut staged = memory.host.take(len * len)?;
        for (from, edges) in self.graph.edges.iter().enumerate() {
            for to in edges {
                staged[from * len + to] = 1.0;
            }
        }
        let device = &memory.device;
        let (mut adjacency, mut left) = (device.take(len * len)?, device.take(len * len)?);
        adjacency.copy_from_slice(&staged);
        left.copy_from_slice(&staged);
        Ok(Prepared { power: input.power, adjacency, left, product: device.take(len * len)? })
    }

    async fn gpu_execute(&self, prepared: Prepared) -> Result<Buffer, Failure> {
        let Prepared { power, adjacency, mut left, mut product } = prepared;
        let len = self.graph.len();
        for _ in 1..power {
            product.fill(0.0);
            for rows in (0..len).step_by(BLOCK) {
                multiply_rows(len, rows, &left, &adjacency, &mut product);
                tokio::task::yield_now().await;
            }
            std::mem::swap(&mut left, &mut product);
        }
        Ok(left)
    }

    async fn collect_output(&self, computed: Buffer, memory: &Pools, _: &Context) -> Result<Output, Failure> {
        let mut paths = memory.host.take(computed.len())?;
        paths.copy_from_slice(&computed);
        let len = self.graph.len();
        let most = (0..paths.len()).max_by(|one, other| paths[*one].total_cmp(&paths[*other])).unwrap_or_default();
        let name = |at: usize| self.graph.names.get(at).cloned().unwrap_or_default();
        let most = Most {
            from: name(most / len.max(1)),
            to: name(most % len.max(1)),
            paths: paths.get(most).copied().unwrap_or_default(),
        };
        Ok(Output { packages: len, paths: paths.iter().sum(), most })
    }
}

/// A block of rows of a product of square matrices.
fn multiply_rows(len: usize, rows: usize, left: &[f64], right: &[f64], product: &mut [f64]) {
    let end = |from: usize| (from + BLOCK).min(len);
    for inner in (0..len).step_by(BLOCK) {
        for columns in (0..len).step_by(BLOCK) {
            for row in rows..end(rows) {
                for at in inner..end(inner) {
                    let factor = left[row * len + at];
                    let right = &right[at * len..][columns..end(columns)];
                    let product = &mut product[row * len..][columns..end(columns)];
                    for (sum, number) in product.iter_mut().zip(right) {
                        *sum += factor * number;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_give_the_product_of_the_schoolbook() {
        let len = 2 * BLOCK + 5;
        let number = |at: usize, prime: usize| f64::from(u8::try_from(at * prime % 11).unwrap());
        let left: Vec<f64> = (0..len * len).map(|at| number(at, 7)).collect();
        let right: Vec<f64> = (0..len * len).map(|at| number(at, 5)).collect();
        let mut product = vec![0.0; len * len];
        (0..len).step_by(BLOCK).for_each(|rows| multiply_rows(len, rows, &left, &right, &mut product));
        for (at, found) in product.iter().enumerate() {
            let sum: f64 = (0..len).map(|k| left[at / len * len + k] * right[k * len + at % len]).sum();
            // Whole numbers, so nothing is rounded.
            assert_eq!(found.to_bits(), sum.to_bits());
        }
    }
}
