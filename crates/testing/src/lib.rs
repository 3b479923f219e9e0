#![doc = include_str!("../README.md")]
#![expect(clippy::missing_panics_doc, reason = "tests panic: that is how they fail")]

mod entrance;
mod eventually;
pub mod measure;
pub mod postgres;
mod problem;
mod process;
mod processes;
mod steps;
mod stores;
mod user;
mod world;

pub use entrance::{Entrance, signed};
pub use eventually::eventually;
pub use problem::{Problem, problem};
pub use process::Process;
pub use processes::{PARTS, Processes};
pub use user::{Bearer, User};
pub use world::{BEGINNING, PASSWORD, World};
