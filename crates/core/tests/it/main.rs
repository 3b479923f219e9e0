//! Core through its API, on real stores: one file an RPC.

mod comment_service;
mod mail_feedback_service;
mod notification_service;
mod project_service;
mod status_service;
mod task_service;
mod watch_service;
