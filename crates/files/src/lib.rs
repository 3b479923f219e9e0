#![doc = include_str!("../README.md")]

pub mod app;
pub mod blob;
pub mod config;
pub mod consumers;
pub mod db;
mod discard;
pub mod domain;
pub mod jobs;
pub mod process;
pub mod rpc;
mod service;
mod slots;
mod standing;
mod writing;

pub use app::{App, Parts};
pub use config::Config;
pub use service::{SERVICES, add_to, migrate, start};
pub use slots::Slots;
