//! The RPCs of Core: one service a folder, one RPC a file.

pub mod comment_service;
pub mod edit_base;
pub mod mail_feedback_service;
pub mod notification_service;
pub mod paging;
pub mod project_service;
pub mod refuse;
pub mod replay;
pub mod status_service;
pub mod task_service;
pub mod watch_service;
