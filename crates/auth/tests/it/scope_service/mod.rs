//! Projects as places where roles hold.

mod create_scope;
mod delete_scope;
mod update_scope;
