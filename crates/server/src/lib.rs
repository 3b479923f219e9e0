#![doc = include_str!("../README.md")]

pub mod admin;
pub mod clock;
pub mod config;
pub mod data_dir;
pub mod error;
pub mod health;
pub mod ids;
pub mod lifecycle;
pub mod listen;
pub mod methods;
pub mod program;
pub mod request;
pub mod services;
pub mod stack;
pub mod standard;
pub mod telemetry;
pub mod terminal;
pub mod time;
pub mod upstream;

pub use error::{Code, RpcError};
pub use lifecycle::Lifecycle;
pub use upstream::Upstream;
