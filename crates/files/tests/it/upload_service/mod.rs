//! UploadService.

mod complete_upload;
mod create_upload;
mod get_upload;
mod write_upload;
