#![doc = include_str!("../README.md")]

mod ground;
mod house;
mod operations;
mod part;
mod port;
pub mod settings;
mod transport;

pub use ground::Ground;
pub use house::{House, Service};
pub use operations::{Held, is_for_operations};
pub use part::{Part, Started, WayTo, main};
pub use settings::Settings;
#[cfg(feature = "kafka")]
pub use transport::apply_topics;
pub use transport::{Transport, migrate_events};
