//! The tests are in a file of the package beside this one, which forbids `unsafe`.
