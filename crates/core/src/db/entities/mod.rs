//! The tables of Core, one a file.

pub mod activity;
pub mod comment;
pub mod mail_feedback;
pub mod mail_suppression;
pub mod notification;
pub mod notification_cause;
pub mod notification_counter;
pub mod notification_optout;
pub mod project;
pub mod status;
pub mod task;
pub mod task_assignee;
pub mod task_follower;
