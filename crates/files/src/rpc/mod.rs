//! The RPCs of Files, one file each.

pub mod file_service;
pub mod refuse;
pub mod replay;
pub mod upload_service;
