//! FileService.

mod delete_file;
mod download_file;
mod get_file;
mod list_task_files;
