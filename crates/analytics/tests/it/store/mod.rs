//! Stores of documents: what each must do, and the ones that there are.

pub mod conformance;
mod ledger;
pub mod memory;
#[cfg(feature = "mongodb")]
pub mod mongo;
#[cfg(feature = "mongodb")]
pub mod proxy;
pub mod sql;
