//! The promises of Auth, through real gRPC clients on a real store: SQLite files, or, when TASKTRACKER_TEST_POSTGRES holds the URL of a server
//! (`postgres://user@host:port`) on which databases may be made, PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access_service;
mod account_service;
mod admin;
mod contact_service;
mod credential_service;
mod key_service;
mod permission_service;
mod scope_service;
mod session_service;
mod start;
mod sweep;
mod user_service;
mod world;
