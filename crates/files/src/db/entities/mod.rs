//! The tables of Files, one a file.

pub mod file;
pub mod project;
pub mod task;
pub mod upload;
