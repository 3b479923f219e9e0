//! What Core does by itself, one file a job.

pub mod purge;
pub mod send_mail;
