//! The documents by kind: their ids, and their fields to and from the types of the rules. `README.md` lists them.

pub mod archive;
pub mod ids;
pub mod seen;
pub mod task;
