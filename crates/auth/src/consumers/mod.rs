//! What follows in Auth from what happens elsewhere.

pub mod scopes;
