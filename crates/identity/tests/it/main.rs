//! The identity crate against a hand-made Auth: what services may believe about callers and their rights, and for how long.

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
