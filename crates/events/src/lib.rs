#![doc = include_str!("../README.md")]

mod backoff;
pub mod consumers;
pub mod dead_letters;
mod event;
mod fact;
pub mod inbox;
#[cfg(feature = "kafka")]
pub mod kafka;
mod lease;
pub mod log;
pub mod outbox;
mod reaction;
mod relay;
pub mod transport;

pub use consumers::Consumers;
pub use dead_letters::{DeadLetter, DeadLetters, ReplayError};
pub use event::{Damaged, Delivery, Event, Headers};
pub use fact::{Fact, TOPICS, Topic, meta};
pub use log::EventLog;
pub use reaction::{ReactError, Reaction};
pub use relay::Relay;
pub use transport::{Publisher, Subscriber};
