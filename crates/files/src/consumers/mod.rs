//! What Files does when it hears of something.

pub mod cascade;

pub use cascade::Cascade;
