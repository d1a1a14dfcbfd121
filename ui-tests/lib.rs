//! What the compiler must accept of `tallied`, and what it must say of the rest: see `ui.rs`.
