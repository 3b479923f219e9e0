//! The rules of Auth as pure functions and values: no async, database, transport, clock or randomness.

pub mod display_name;
pub mod effective;
pub mod email;
pub mod membership;
pub mod password;
pub mod refresh;
pub mod role;
pub mod secret;
pub mod session;
pub mod user_filter;
pub mod user_order;
