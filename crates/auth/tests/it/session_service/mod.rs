//! Signing in and out.

mod get_current_session;
mod refresh_session;
mod sign_in;
mod sign_out;
