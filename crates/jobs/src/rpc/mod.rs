//! The RPCs over jobs, schedules and dead letters: one RPC a file.

mod operations_service;
