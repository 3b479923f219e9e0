//! Public keys.

mod get_key_set;
