//! Which packages others build on: PageRank over the dependencies of a lock file.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
        let names = packages.iter().map(|package| format!("{} {}", package.name, package.version)).collect();
        let by_name: HashMap<&str, usize> =
            packages.iter().enumerate().map(|(at, package)| (package.name.as_str(), at)).collect();
        let by_version: HashMap<(&str, &str), usize> = packages
            .iter()
            .enumerate()
            .map(|(at, package)| ((package.name.as_str(), package.version.as_str()), at))
            .collect();
        let find = |dependency: &String| {
            let mut words = dependency.split(' ');
            let name = words.next()?;
            match words.next() {
                Some(version) => by_version.get(&(name, version)).copied(),
                None => by_name.get(name).copied(),
            }
        };
        let edges = packages.iter().map(|package| package.dependencies.iter().filter_map(find).collect()).collect();
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

pub struct Prepared {
    input: Input,
    ranks: Buffer,
    next: Buffer,
}

pub struct Computed {
    ranks: Buffer,
    iterations: u32,
    top: Option<usize>,
}

#[derive(Serialize)]
pub struct Output {
    packages: usize,
    iterations: u32,
    /// Of all ranks: 1, but for rounding.
    sum: f64,
    top: Option<Value>,
}

#[tallied::instrument(skip_all)]
impl Kernel for PageRank {
    const ID: &'static str = "graph/pagerank";
    const DOMAIN: Domain = Domain::GraphAnalytics;
    type Input = Input;
    type Prepared = Prepared;
    type Computed = Computed;
    type Output = Output;

    fn validate(&self, input: &Input) -> Result<(), Failure> {
        let wrong = if !(input.damping > 0.0 && input.damping < 1.0) {
            format!("`damping` is {}: expected a number between 0 and 1", input.damping)
        } else if input.iterations == 0 {
            "`iterations` is 0: expected at least one".to_owned()
        } else {
            return Ok(());
        };
        Err(Failure::Invalid(wrong))
    }

    #[allow(clippy::cast_precision_loss)] // fewer packages than 2^53
    fn prepare_input(&self, input: Input, memory: &Pools) -> Result<Prepared, Failure> {
        let (mut ranks, next) = (memory.device.take(self.graph.len())?, memory.device.take(self.graph.len())?);
        ranks.fill(1.0 / self.graph.len() as f64);
        Ok(Prepared { input, ranks, next })
    }

    async fn gpu_execute(&self, prepared: Prepared) -> Result<Computed, Failure> {
        let Prepared { input, mut ranks, mut next } = prepared;
        let mut change = f64::INFINITY;
        for iterations in 1..=input.iterations {
            step(&self.graph, input.damping, &ranks, &mut next);
            change = ranks.iter().zip(next.iter()).map(|(before, now)| (before - now).abs()).sum();
            std::mem::swap(&mut ranks, &mut next);
            if change < input.tolerance {
                return Ok(Computed { ranks, iterations, top: input.top });
            }
            tokio::task::yield_now().await;
        }
        Err(Failure::NotConverged { iterations: input.iterations, change })
    }

    async fn collect_output(&self, computed: Computed, memory: &Pools, context: &Context) -> Result<Output, Failure> {
        let mut ranks = memory.host.take(computed.ranks.len())?;
        ranks.copy_from_slice(&computed.ranks);
        let top = match computed.top {
            Some(count) => {
                let message = json!({"names": self.graph.names, "values": &ranks[..], "count": count});
                Some(self.top.execute_with_context(context, message).await?)
            }
            None => None,
        };
        Ok(Output { packages: ranks.len(), iterations: computed.iterations, sum: ranks.iter().sum(), top })
    }
}

/// Each package gives its rank to those that it depends on; one that depends on nothing gives it to all.
#[allow(clippy::cast_precision_loss)] // fewer packages than 2^53
fn step(graph: &Graph, damping: f64, ranks: &[f64], next: &mut [f64]) {
    let all = ranks.len() as f64;
    let of_leaves: f64 =
        ranks.iter().zip(&graph.edges).filter(|(_, edges)| edges.is_empty()).map(|(rank, _)| rank).sum();
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
