//! The promises of Auth, through real gRPC clients on a real store: SQLite files, or, when TASKTRACKER_TEST_POSTGRES holds the URL of a server
//! (`postgres://user@host:port`) on which databases may be made, PostgreSQL.

mod access;
mod account;
mod contact;
mod credential;
mod key;
mod permission;
mod scope;
mod session;
mod start;
mod user;
mod world;
