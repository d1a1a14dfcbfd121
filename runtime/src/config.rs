//! What a program's configuration may change, at its start.

use crate::catalogue::{Conflict, InitError, init};
#[cfg(feature = "metrics")]
use crate::{bounds, catalogue, family, registry};

/// What a configuration says of metrics: see [`init_with`].
#[derive(Clone, Debug, Default)]
pub struct Config {
    bounds: Vec<(String, Vec<f64>)>,
    exposition: Option<bool>,
}

impl Config {
    /// As the program was compiled.
    #[must_use]
    pub fn new() -> Self {
        Config::default()
    }

    /// A histogram has these bounds, in the unit of its family: at most as many as it was compiled for.
    #[must_use]
    pub fn bounds(mut self, family: impl Into<String>, bounds: impl Into<Vec<f64>>) -> Self {
        self.bounds.push((family.into(), bounds.into()));
        self
    }

    /// Whether there is an exposition at all. Switched off, every scrape is empty and counting goes on.
    #[must_use]
    pub fn exposition(mut self, is_on: bool) -> Self {
        self.exposition = Some(is_on);
        self
    }
}

/// Does what a configuration says, and then what [`init`] does. For the start of a program, before anything is counted.
///
/// ```standalone_crate
/// use tallied::{Config, Histogram, Metrics};
///
/// #[derive(Metrics)]
/// #[metrics(prefix = "configured")]
/// struct Kernels {
///     /// Time of a run.
///     run_seconds: Histogram,
/// }
/// static KERNELS: Kernels = Kernels::new();
///
/// tallied::init_with(&Config::new().bounds("configured_run_seconds", [0.01, 0.1, 1.0]))?;
/// KERNELS.run_seconds.observe(0.05);
/// # if cfg!(feature = "metrics") {
/// let text = tallied::gather_metrics();
/// assert!(text.contains("configured_run_seconds_bucket{le=\"0.1\"} 1"));
/// assert!(!text.contains("configured_run_seconds_bucket{le=\"0.5\"}"));
/// # }
/// # Ok::<(), tallied::InitError>(())
/// ```
///
/// # Errors
///
/// What [`init`] finds, and what could not be done: a family that there is not or that is no histogram, bounds that are none
/// (empty, not finite, not increasing, for durations not above zero), more bounds than it was compiled for, or a histogram
/// that has observed something already. The rest of the configuration is done all the same. On a target without a list by
/// the linker (see [`catalogue`](crate::catalogue())) a family is known from its first use on, so its bounds stay those of
/// the source. Without the feature `metrics` there is nothing to configure.
pub fn init_with(config: &Config) -> Result<(), InitError> {
    let mut found: Vec<Conflict> = Vec::new();
    #[cfg(feature = "metrics")]
    {
        if let Some(is_on) = config.exposition {
            registry::switch(is_on);
        }
        for (family, bounds) in &config.bounds {
            found.extend(replace(family, bounds));
        }
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (&config.bounds, config.exposition);
    if let Err(conflicts) = init() {
        found.extend(conflicts.conflicts().iter().cloned());
    }
    if found.is_empty() { Ok(()) } else { Err(InitError::of(found)) }
}

/// Gives a family other bounds, or says why not.
#[cfg(feature = "metrics")]
fn replace(name: &str, bounds: &[f64]) -> Option<Conflict> {
    let sites = catalogue::sites();
    let of_family = || {
        sites
            .iter()
            .flat_map(|site| site.definition().families.iter().map(move |family| (*site, family)))
            .filter(|(_, family)| family.name == name)
    };
    let refused = |why: String| Some(Conflict::Bounds { family: name.to_owned(), bounds: bounds.to_vec(), why });
    let Some((_, first)) = of_family().next() else {
        return refused("there is no such family".to_owned());
    };
    if first.kind != family::Kind::Histogram {
        return refused(format!("it is a {}", first.kind.text()));
    }
    if bounds.is_empty() || !bounds.iter().all(|bound| bound.is_finite()) {
        return refused("there must be at least one bound, and each must be finite".to_owned());
    }
    if !bounds.windows(2).all(|pair| pair[0] < pair[1]) {
        return refused("bounds must be strictly increasing".to_owned());
    }
    for (site, family) in of_family() {
        let place = site.definition().place;
        if bounds.len() > family.bounds.len() {
            let most = family.bounds.len();
            return refused(format!("at {}:{} it was compiled for at most {most}", place.0, place.1));
        }
        if matches!(family.shows, family::Shows::Durations) && bounds[0] <= 0.0 {
            return refused("no duration is below zero".to_owned());
        }
        if catalogue::has_observed(site) {
            return refused(format!("at {}:{} it has observed something already", place.0, place.1));
        }
    }
    for (site, family) in of_family() {
        site.replace_bounds(bounds);
        bounds::replace(family.name, bounds);
    }
    None
}
