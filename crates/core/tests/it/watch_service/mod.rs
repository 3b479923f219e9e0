//! WatchService.

mod notifications;
mod watch;
