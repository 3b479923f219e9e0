#![doc = include_str!("../README.md")]
#![expect(clippy::missing_panics_doc, reason = "tests panic: that is how they fail")]

mod eventually;
pub mod measure;
mod problem;
pub mod postgres;
mod process;
mod steps;
mod user;
mod world;

pub use eventually::eventually;
pub use problem::{Problem, problem};
pub use process::{Process, signed};
pub use user::{Bearer, User};
pub use world::{BEGINNING, PASSWORD, World};
