//! TaskService.

mod concurrency;
mod create_task;
mod delete_task;
mod follow_task;
mod get_task;
mod list_my_tasks;
mod list_task_activity;
mod list_tasks;
mod move_task;
mod statements;
mod undelete_task;
mod unfollow_task;
mod update_task;
