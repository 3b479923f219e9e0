//! What is counted, and on which page it stands: pure rules, without store, network, clock or chance.

pub mod category;
pub mod contributions;
pub mod days;
pub mod due;
pub mod page;
pub mod task;
pub mod zone;
