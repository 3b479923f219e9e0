//! What Analytics does when something happens elsewhere.

pub mod projection;
