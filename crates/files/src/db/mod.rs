//! What Files keeps: one module a table, free functions, always one statement each.

pub mod entities;
pub mod files;
pub mod places;
pub mod uploads;
