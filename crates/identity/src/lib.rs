#![doc = include_str!("../README.md")]

pub mod access;
pub mod call;
pub mod caller;
pub mod changes;
pub mod keys;
pub mod layer;
pub mod permission;
pub mod secret;
pub mod service;
pub mod token;

pub use access::{Access, Granted};
pub use call::Call;
pub use caller::{Caller, CallerKind};
pub use permission::PermissionSet;
pub use secret::InstanceSecret;
