//! The rules of the product as pure functions of values: no async, no database, no network, no clock, no chance.
//!
//! The README beside this crate says where to begin.

pub mod change;
pub mod choices;
pub mod comment;
pub mod due;
pub mod field_name;
pub mod filter;
pub mod hierarchy;
pub mod ids;
pub mod invalid;
pub mod mask;
pub mod mention;
pub mod merge;
pub mod notification;
pub mod order;
pub mod project;
pub mod project_list;
pub mod rank;
pub mod reminder;
pub mod status;
pub mod suppression;
pub mod task;
pub mod task_fields;
pub mod task_key;
pub mod task_list;
pub mod text;
pub mod version;
pub mod zone;
