//! The guide to tallied, to be read in the repository, where its chapters are the files of `docs/guide`. Here they are the
//! modules, whose blocks are compiled; links between chapters lead nowhere here.
#![doc = include_str!("README.md")]
// They are whole programs.
#![allow(clippy::needless_doctest_main)]

#[doc = include_str!("start.md")]
pub mod start {}
#[doc = include_str!("attribute.md")]
pub mod attribute {}
#[doc = include_str!("labels.md")]
pub mod labels {}
#[doc = include_str!("groups.md")]
pub mod groups {}
#[doc = include_str!("names.md")]
pub mod names {}
#[doc = include_str!("exposition.md")]
pub mod exposition {}
#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("service.md")]
pub mod service {}
#[doc = include_str!("from-tracing.md")]
pub mod from_tracing {}
#[doc = include_str!("from-prometheus.md")]
pub mod from_prometheus {}
#[doc = include_str!("from-metrics.md")]
pub mod from_metrics {}
#[doc = include_str!("from-autometrics.md")]
pub mod from_autometrics {}
#[doc = include_str!("troubleshooting.md")]
pub mod troubleshooting {}
