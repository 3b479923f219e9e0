//! Who is told what, and why: from what happened to notices, and from notices to an inbox in which the like is one.

mod fold;
mod happening;
mod notice;
mod reason;

pub use fold::{FOLD_WINDOW, Kept, Planned, plan};
pub use happening::{Happening, What};
pub use notice::Notice;
pub use reason::Reason;
