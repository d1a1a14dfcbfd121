//! Places for values that are expected, so that others cannot take them first.

use std::error::Error;
use std::fmt;

use crate::label::LONGEST;

#[cfg(feature = "metrics")]
use super::sites;
#[cfg(feature = "metrics")]
use crate::label;

/// Why values could not be reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReserveError {
    /// No family of this name has a label with `max`.
    UnknownFamily {
        /// The name.
        family: String,
        /// Those that have a label with `max`.
        known: Vec<&'static str>,
    },
    /// The family has no label of this name with `max`.
    UnknownLabel {
        /// The family.
        family: String,
        /// The label.
        label: String,
        /// Those that it has.
        known: Vec<&'static str>,
    },
    /// A value that is never kept: it is longer than 1 KiB, or it is `_other`.
    NeverKept {
        /// The family.
        family: String,
        /// The label.
        label: String,
        /// The value.
        value: String,
    },
    /// There is no place left.
    Full {
        /// The family.
        family: String,
        /// The label.
        label: String,
        /// How many values it keeps.
        max: usize,
        /// The first that found no place; those before it did.
        value: String,
    },
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |known: &[&str]| if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        match self {
            ReserveError::UnknownFamily { family, known } => {
                write!(f, "there is no family `{family}` that has a label with `max`; there is: {}", listed(known))
            }
            ReserveError::UnknownLabel { family, label, known } => {
                write!(f, "the family `{family}` has no label `{label}` with `max`; it has: {}", listed(known))
            }
            ReserveError::Full { family, label, max, value } => write!(
                f,
                "no place for the value `{}` in the label `{label}` of the family `{family}`, which keeps {max}; raise its \
                 `max`",
                value.escape_debug()
            ),
            ReserveError::NeverKept { family, label, value } if value.len() <= LONGEST => write!(
                f,
                "`{value}` cannot be reserved in the label `{label}` of the family `{family}`: it stands for what is not kept"
            ),
            ReserveError::NeverKept { family, label, value } => write!(
                f,
                "a value of {} bytes is never kept in the label `{label}` of the family `{family}`: {LONGEST} at most",
                value.len()
            ),
        }
    }
}

impl Error for ReserveError {}

/// Keeps places for values of a label with `max`, as if they had come first.
///
/// Meant for the start of a program, for values that are known there: tenants of a configuration, routes of a router.
/// Each takes one of the `max` places, and is exposed at zero from the first call of a function of the family on. One
/// that is kept already stays. Families that are fed by one function share their values. The value of a label that is
/// no string is its text: `"12"` for the number 12.
///
/// ```
/// # use tallied::observed;
/// #[observed(labels(tenant(max = 2)), counter = "requests_total")]
/// fn serve(tenant: &str) {}
///
/// # if cfg!(feature = "metrics") {
/// tallied::reserve("requests_total", "tenant", ["acme", "initech"])?;
/// serve("somebody-else"); // is counted as `_other`
/// # assert!(tallied::gather_metrics().contains("requests_total{tenant=\"_other\",status=\"ok\"} 1"));
/// # }
/// # Ok::<(), tallied::ReserveError>(())
/// ```
///
/// # Errors
///
/// There is no such family or label, a value is never kept, or no place is left for it: those before it have theirs
/// then. On a target without a list of callsites by the linker (see [`catalogue`](crate::catalogue())) a family is
/// known from its first call on. Without the feature `metrics` it is `Ok`.
pub fn reserve<V: AsRef<str>>(
    family: &str,
    label: &str,
    values: impl IntoIterator<Item = V>,
) -> Result<(), ReserveError> {
    #[cfg(feature = "metrics")]
    {
        let (mut open_families, mut open_labels, mut found) = (Vec::new(), Vec::new(), None);
        for site in sites() {
            let definition = site.definition();
            for digit in label::digits(definition.dimensions, site.opens()) {
                let Some(open) = digit.open else { continue };
                for of in definition.together().filter(|of| of.labels.contains(&digit.place)) {
                    open_families.push(of.name);
                    if of.name == family {
                        open_labels.push(digit.dimension.label);
                        if digit.dimension.label == label {
                            found = found.or(Some((open, definition)));
                        }
                    }
                }
            }
        }
        let Some((open, definition)) = found else {
            let sorted = |mut known: Vec<&'static str>| {
                known.sort_unstable();
                known.dedup();
                known
            };
            let (family, label) = (family.to_owned(), label.to_owned());
            return Err(if open_labels.is_empty() {
                ReserveError::UnknownFamily { family, known: sorted(open_families) }
            } else {
                ReserveError::UnknownLabel { family, label, known: sorted(open_labels) }
            });
        };
        for value in values {
            let value = value.as_ref();
            let named = || (family.to_owned(), label.to_owned(), value.to_owned());
            if !label::is_keepable(value) {
                let (family, label, value) = named();
                return Err(ReserveError::NeverKept { family, label, value });
            }
            if let Err(max) = open.reserve(value, definition, super::table) {
                let (family, label, value) = named();
                return Err(ReserveError::Full { family, label, max, value });
            }
        }
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (family, label, values);
    Ok(())
}
