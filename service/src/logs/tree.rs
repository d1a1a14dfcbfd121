//! A finished request as a tree of timed spans.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use termtree::Tree;

use super::format::{field, plain};
use super::record::Fields;

/// The most spans that one tree shows.
pub(super) const MOST: usize = 1000;

/// A span that has ended.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: &'static str,
    pub(super) fields: Arc<Fields>,
    pub(super) took: Duration,
    pub(super) inside: Vec<Node>,
    pub(super) left_out: usize,
}

impl Node {
    /// With its lines' ends.
    pub(super) fn draw(&self) -> String {
        self.tree().to_string()
    }

    /// `[kernel:graph/pagerank] 15.2ms nodes=34`
    fn tree(&self) -> Tree<String> {
        let mut line = String::from("[");
        plain(self.fields.name_of_span().unwrap_or(self.name), &mut line);
        line.push_str("] ");
        line.push_str(&Took(self.took).to_string());
        for (name, value) in self.fields.of_span() {
            line.push(' ');
            field(name, value, &mut line);
        }
        let mut leaves: Vec<_> = self.inside.iter().map(Node::tree).collect();
        if self.left_out > 0 {
            leaves.push(Tree::new(format!("… and {} more", self.left_out)));
        }
        Tree::new(line).with_leaves(leaves)
    }
}

/// `15.2ms`, `0.1ms`, `1.25s`.
struct Took(Duration);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(1) {
            write!(f, "{:.1}ms", self.0.as_secs_f64() * 1e3)
        } else {
            write!(f, "{:.2}s", self.0.as_secs_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::record::Value;

    fn node(name: &'static str, micros: u64, inside: Vec<Node>) -> Node {
        Node { name, fields: Arc::default(), took: Duration::from_micros(micros), inside, left_out: 0 }
    }

    #[test]
    fn a_tree_has_its_spans_in_their_order_with_their_times() {
        let leaves = vec![node("validate", 100, vec![]), node("prepare", 2100, vec![node("copy", 1_500_000, vec![])])];
        let mut root = node("kernel", 15_200, leaves);
        let fields = Arc::make_mut(&mut root.fields);
        fields.all.push(("otel.name", Value::Text("kernel:graph/pagerank".into())));
        fields.all.push(("nodes", Value::Unsigned(34)));
        root.left_out = 2;
        assert_eq!(
            root.draw(),
            "[kernel:graph/pagerank] 15.2ms nodes=34\n├── [validate] 0.1ms\n├── [prepare] 2.1ms\n│   └── [copy] 1.50s\n\
             └── … and 2 more\n"
        );
    }
}
