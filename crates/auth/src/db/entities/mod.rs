//! The tables of Auth, one a file.

pub mod access_changes;
pub mod access_state;
pub mod bindings;
pub mod instance;
pub mod passwords;
pub mod refresh_tokens;
pub mod scopes;
pub mod sessions;
pub mod signing_keys;
pub mod users;
