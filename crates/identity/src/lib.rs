#![doc = include_str!("../README.md")]

pub mod access;
pub mod call;
pub mod caller;
pub mod changes;
pub mod granted;
pub mod keys;
pub mod layer;
pub mod permission;
pub mod secret;
pub mod service;
pub mod token;

pub use access::Access;
pub use call::Call;
pub use caller::{Caller, CallerKind};
pub use granted::Granted;
pub use permission::PermissionSet;
pub use secret::InstanceSecret;

/// The defaults of the section `[instance]`, with what each key means.
pub const CONFIG_DEFAULTS: &str = include_str!("../config.default.toml");
