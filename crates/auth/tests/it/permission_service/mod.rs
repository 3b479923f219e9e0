//! Questions of other services about permissions.

mod batch_check;
mod check;
mod get_effective_permissions;
mod list_accessible;
mod list_subjects;
mod model;
mod watch_changes;
