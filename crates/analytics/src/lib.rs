#![doc = include_str!("../README.md")]

pub mod app;
pub mod config;
pub mod consistency;
pub mod consumers;
pub mod domain;
pub mod numbers;
pub mod projection;
pub mod records;
pub mod rpc;
mod service;
pub mod store;

pub use app::{App, Parts};
pub use config::Config;
pub use service::{SERVICES, add_to, migrate, rebuild, start};
