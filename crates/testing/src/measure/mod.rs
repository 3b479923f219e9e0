//! What benchmarks measure with: load as clients make it, limits of the same machine in the same run, and figures beside limits.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time and drives its own clients")]
#![expect(clippy::missing_errors_doc, reason = "whatever fails ends the benchmark")]

pub mod commits;
pub mod load;
mod report;

pub use report::Report;
