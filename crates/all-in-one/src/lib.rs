#![doc = include_str!("../README.md")]

pub mod commands;
pub mod demo;
pub mod settings;
pub mod system;

pub use settings::Settings;
pub use system::System;
