//! StatusService.

mod list_statuses;
