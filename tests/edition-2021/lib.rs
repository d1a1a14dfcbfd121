//! The tests are those of the package beside this one, compiled as a crate of the edition 2021.
