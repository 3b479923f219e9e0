//! The commands of `cargo xtask`, one file each.

pub mod bench;
pub mod check;
pub mod generate;
pub mod services;
pub mod soak;
pub mod test;
pub mod up;
