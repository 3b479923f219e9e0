//! WatchService.

mod watch;
