#![doc = include_str!("../README.md")]

pub mod analytics;
pub mod auth;
pub mod core;
pub mod events;
pub mod files;
