//! The identity crate against a hand-made Auth: what services may believe about callers and their rights, and for how long.

#![expect(clippy::disallowed_methods, reason = "tests measure how long a service is patient")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod auth;
mod cache;
mod credential;
mod follow;
mod invalidation;
mod layer;
mod model;
mod outage;
mod race;
mod revisions;
mod world;
