//! Messages as an independent parser reads them, and the directory that keeps them.

mod directory;
mod message;
mod sample;
