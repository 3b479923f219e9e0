mod answers;
mod consistency;
mod model;
mod watch_changes;
