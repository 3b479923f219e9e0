//! The RPCs of Analytics: one service a folder, one RPC a file.

pub mod projection_service;
pub mod statistics_service;
