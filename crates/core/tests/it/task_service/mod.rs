//! TaskService.

mod concurrency;
mod create_task;
mod delete_task;
mod follow_task;
mod get_task;
mod move_task;
mod statements;
mod undelete_task;
mod unfollow_task;
mod update_task;
