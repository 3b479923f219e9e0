//! Stores of documents: what each must do, and the ones that there are.

pub mod conformance;
mod ledger;
pub mod memory;
pub mod sql;
