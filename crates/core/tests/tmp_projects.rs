//! Temporary.
#[path = "it/comment_service/mod.rs"]
mod comment_service;
#[path = "it/project_service/mod.rs"]
mod project_service;
#[path = "it/status_service/mod.rs"]
mod status_service;
