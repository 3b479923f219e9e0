//! The third-party servers that services run on, started natively: installed once into the cache, each on its own port and data directory
//! of this machine. `thirdparty-services/` says what each is; here is how it is installed, started, asked for its health and stopped.

mod account;
mod debian;
mod down;
mod for_tests;
mod kafka;
#[cfg(test)]
mod lifecycle;
mod mongodb;
mod place;
mod postgres;
mod probe;
mod process;
mod record;
mod redis;
mod s3;
mod server;
mod ses;
mod status;
mod table;
mod up;

pub use down::{down, reset};
pub use for_tests::ForTests;
pub use place::Place;
pub use server::{Durability, Server, select};
pub use status::status;
pub use table::print;
pub use up::{Outcome, Started, up, variables};
