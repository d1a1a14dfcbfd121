//! The kernels, a file for each domain.

pub mod compliance;
pub mod graph;
pub mod linear;
pub mod statistics;
