#![doc = include_str!("../README.md")]

mod ground;
mod house;
mod operations;
mod part;
mod port;
pub mod settings;

pub use ground::{Ground, migrate_events};
pub use house::{House, Service};
pub use operations::{Held, is_for_operations};
pub use part::{Part, Started, WayTo, main};
pub use settings::Settings;
