#![doc = include_str!("../README.md")]

mod app;
mod changes;
pub mod config;
mod db;
pub mod domain;
mod failure;
mod keys;
pub mod password_pool;
mod rpc;
mod start;
mod sweep;

pub use app::App;
pub use config::Config;
pub use rpc::{INTERNAL_SERVICES, PUBLIC_SERVICES, add_to, routes};
pub use start::{Deps, migrate, start};
