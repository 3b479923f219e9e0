#![doc = include_str!("../README.md")]

pub mod admin;
mod app;
mod changes;
pub mod config;
mod consistency;
mod consumers;
mod credentials;
mod db;
pub mod domain;
mod facts;
mod failure;
mod keys;
pub mod password_pool;
pub mod process;
mod project;
mod repeated;
mod rpc;
mod start;
mod sweep;

pub use app::App;
pub use config::Config;
pub use rpc::{INTERNAL_SERVICES, PUBLIC_SERVICES, add_to, routes};
pub use start::{Deps, migrate, start};
