//! An enum of words for what becomes of a call, with every question answered.

use crate::labels::Label;

pub struct Outcome {
    /// The enum as a label, which knows the indices of its variants.
    pub label: Label,
    /// Of each role, in the order of [`ROLES`], the place of its variant.
    pub places: [usize; 4],
}

/// What can become of a call: as the attribute on a variant says it, and as the constant is called.
pub const ROLES: [(&str, &str); 4] =
    [("ok", "OK"), ("error", "ERROR"), ("cancelled", "CANCELLED"), ("panicked", "PANICKED")];
