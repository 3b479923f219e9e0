//! The tables of Core, one a file.

pub mod activity;
pub mod comment;
pub mod project;
pub mod status;
pub mod task;
pub mod task_assignee;
pub mod task_follower;
