//! The directory.

mod get_user;
mod list_users;
