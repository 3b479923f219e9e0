//! What Core keeps: one module a table, free functions, always one statement each.

pub mod activity;
pub mod activity_pages;
pub mod comments;
pub mod contains;
pub mod deadlines;
pub mod entities;
pub mod filters;
pub mod mail_suppressions;
pub mod notification_mails;
pub mod notification_writes;
pub mod notifications;
pub mod project_filter;
pub mod project_pages;
pub mod projects;
pub mod purge;
pub mod reminders;
pub mod statuses;
pub mod task_files;
pub mod task_filter;
pub mod task_lists;
pub mod task_order;
pub mod task_rows;
pub mod tasks;

#[cfg(test)]
mod tests;
