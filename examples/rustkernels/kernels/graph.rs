//! Which packages others build on: PageRank over the dependencies of a lock file.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tallied::observed;

use crate::kernel::{Failure, Kernel};
use crate::memory::{Buffer, Pools};
use crate::metrics::Domain;
use crate::runtime::{Context, KernelHandle};

/// Packages, and for each the packages that it depends on.
pub struct Graph {
    pub names: Vec<String>,
    pub edges: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    /// `name`, or `name version` where there are two of the name.
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Graph {
    /// Reads a `Cargo.lock`.
    pub fn of_lock(text: &str) -> Result<Self, toml::de::Error> {
        let Lock { package: packages } = toml::from_str(text)?;
        let names: Vec<String> = packages.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
        let by_name = packages.iter().zip(0..).map(|(package, at)| (package.name.as_str(), at));
        let by_version = names.iter().zip(0..).map(|(name, at)| (name.as_str(), at));
        let places: HashMap<&str, usize> = by_name.chain(by_version).collect();
        let edges_of = |package: &Package| {
            package.dependencies.iter().filter_map(|name| places.get(name.as_str()).copied()).collect()
        };
        let edges = packages.iter().map(edges_of).collect();
        Ok(Graph { names, edges })
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The bytes of its names and edges.
    pub fn bytes(&self) -> usize {
        self.names.iter().map(String::capacity).sum::<usize>()
            + self.edges.iter().map(|edges| edges.capacity() * size_of::<usize>()).sum::<usize>()
    }
}

/// PageRank by the power method. With `top` the ranks go to `stats/top` as a message, and its answer is a part of ours.
pub struct PageRank {
    pub graph: Arc<Graph>,
    pub top: KernelHandle,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    damping: f64,
    /// The most that it may take.
    iterations: u32,
    /// It is done when the ranks together change by less.
    tolerance: f64,
    /// How many of the first are told.
    top: Option<usize>,
}

impl Default for Input {
    fn default() -> Self {
        Input { damping: 0.85, iterations: 100, tolerance: 1e-9, top: None }
    }
}

pub struct Work {
    input: Input,
    ranks: Buffer,
    next: Buffer,
    iterations: u32,
}

/// The most iterations: a second or two of work.
const MOST: u32 = 10_000;

#[observed(counter = false)]
impl Kernel for PageRank {
    const ID: &'static str = "graph/pagerank";
    const DOMAIN: Domain = Domain::GraphAnalytics;
    type Input = Input;
    type Work = Work;

    fn validate(&self, input: &Input) -> Result<(), Failure> {
        if !(input.damping > 0.0 && input.damping < 1.0) {
            let wrong = format!("`damping` is {}: expected a number between 0 and 1", input.damping);
            return Err(Failure::Invalid(wrong));
        }
        if !(1..=MOST).contains(&input.iterations) {
            let wrong = format!("`iterations` is {}: expected 1 to {MOST}", input.iterations);
            return Err(Failure::Invalid(wrong));
        }
        if input.tolerance > 0.0 {
            return Ok(());
        }
        Err(Failure::Invalid(format!("`tolerance` is {}: expected more than 0", input.tolerance)))
    }

    #[allow(clippy::cast_precision_loss)] // fewer packages than 2^53
    fn prepare_input(&self, input: Input, memory: &Pools) -> Result<Work, Failure> {
        let (mut ranks, next) = (memory.device.take(self.graph.len())?, memory.device.take(self.graph.len())?);
        ranks.fill(1.0 / self.graph.len() as f64);
        Ok(Work { input, ranks, next, iterations: 0 })
    }

    async fn gpu_execute(&self, work: &mut Work) -> Result<(), Failure> {
        let Work { input, ranks, next, iterations } = work;
        let mut change = f64::INFINITY;
        while *iterations < input.iterations {
            step(&self.graph, input.damping, ranks, next);
            change = ranks.iter().zip(next.iter()).map(|(before, now)| (before - now).abs()).sum();
            std::mem::swap(ranks, next);
            *iterations += 1;
            if change < input.tolerance {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
        Err(Failure::NotConverged { iterations: input.iterations, change })
    }

    async fn collect_output(&self, work: Work, memory: &Pools) -> Result<Value, Failure> {
        let ranks = memory.host.copy(&work.ranks)?;
        let top = match work.input.top {
            Some(count) => {
                let message = json!({"names": self.graph.names, "values": &ranks[..], "count": count});
                Some(self.top.execute_with_context(&Context::current(), message).await?)
            }
            None => None,
        };
        let sum: f64 = ranks.iter().sum();
        Ok(json!({"packages": ranks.len(), "iterations": work.iterations, "sum": sum, "top": top}))
    }
}

/// Each package gives its rank to those that it depends on; one that depends on nothing gives it to all.
#[allow(clippy::cast_precision_loss)] // fewer packages than 2^53
fn step(graph: &Graph, damping: f64, ranks: &[f64], next: &mut [f64]) {
    let all = ranks.len() as f64;
    let leaves = ranks.iter().zip(&graph.edges).filter(|(_, edges)| edges.is_empty());
    let of_leaves: f64 = leaves.map(|(rank, _)| rank).sum();
    next.fill((1.0 - damping + damping * of_leaves) / all);
    for (rank, edges) in ranks.iter().zip(&graph.edges) {
        for edge in edges {
            next[*edge] += damping * rank / edges.len() as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_is_a_graph_and_what_all_need_has_the_highest_rank() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"c 2\", \"b\"]\n\
                    [[package]]\nname = \"b\"\nversion = \"1\"\ndependencies = [\"c 2\"]\n\
                    [[package]]\nname = \"c\"\nversion = \"1\"\n[[package]]\nname = \"c\"\nversion = \"2\"\n";
        let graph = Graph::of_lock(lock).unwrap();
        assert_eq!(graph.names, ["a 1", "b 1", "c 1", "c 2"]);
        assert_eq!(graph.edges, [vec![3, 1], vec![3], vec![], vec![]]);
        let (mut ranks, mut next) = ([0.25; 4], [0.0; 4]);
        for _ in 0..100 {
            step(&graph, 0.5, &ranks, &mut next);
            ranks = next;
        }
        // Solved by hand: with x for `a` and `c 1`, `b` has x + x / 4, and `c 2` has x + x / 4 + (x + x / 4) / 2.
        let x = 1.0 / (1.0 + 1.25 + 1.0 + 1.875);
        for (rank, by_hand) in ranks.iter().zip([x, 1.25 * x, x, 1.875 * x]) {
            assert!((rank - by_hand).abs() < 1e-12, "{ranks:?}");
        }
    }
}
