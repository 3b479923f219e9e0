#![doc = include_str!("../README.md")]

mod commit_error;
mod constraint;
mod counts;
pub mod cursor;
mod database;
pub mod dialect;
mod failure;
mod id;
pub mod idempotency;
pub mod keyset;
mod open_error;
pub mod page;
mod postgres;
mod reader;
pub mod schema;
mod settings;
mod sqlite;
pub mod stale;
mod time;
mod transaction;
mod turns;

pub use commit_error::CommitError;
pub use constraint::{ConstraintViolation, Kind as ConstraintKind};
pub use counts::Counts;
pub use database::Database;
pub use failure::Failure;
pub use id::Id;
pub use open_error::OpenError;
pub use reader::Reader;
/// The dialect a database speaks.
pub use sea_orm::DbBackend as Backend;
pub use settings::Settings;
pub use time::Time;
pub use transaction::{Row, Rows, Transaction, WriteRef};
pub use turns::Turn;
