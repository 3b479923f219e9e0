#![doc = include_str!("../README.md")]

pub mod admin;
pub mod app;
pub mod config;
pub mod consumers;
pub mod db;
pub mod domain;
pub mod facts;
pub mod feed;
pub mod jobs;
pub mod notify;
pub mod process;
pub mod reminders;
pub mod rpc;
mod service;
pub mod sweep;

pub use app::{App, Parts};
pub use config::Config;
pub use service::{SERVICES, add_to, migrate, start};
