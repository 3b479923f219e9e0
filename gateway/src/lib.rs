#![doc = include_str!("../README.md")]

mod caller;
mod catalog;
mod classify;
mod client_address;
pub mod config;
mod cors;
mod credential;
mod deadline;
mod docs;
mod edge;
mod failure;
mod grpc_web;
mod headers;
mod health;
mod message_limit;
mod openapi;
mod origin;
mod pass_through;
mod plain;
pub mod process;
mod public_descriptors;
mod relay;
mod rest_error;
mod send;
mod service;
mod session_cookie;
mod transcode;
mod ui;

mod gateway;

pub use catalog::Backends;
pub use config::Config;
pub use credential::{ExchangeCredential, Exchanged};
pub use gateway::Gateway;
pub use service::GatewayService;
