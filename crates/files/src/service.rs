//! Files as something that a process can serve.

use std::sync::Arc;

use tasktracker_database::{Database, OpenError};
use tasktracker_proto::files::v1::file_service_server::FileServiceServer;
use tasktracker_proto::files::v1::upload_service_server::UploadServiceServer;
use tonic::service::RoutesBuilder;

use crate::app::App;
use crate::consumers::Cascade;
use crate::jobs;

/// The services of Files by their full names.
pub const SERVICES: [&str; 2] = ["tasktracker.files.v1.UploadService", "tasktracker.files.v1.FileService"];

/// Largest request message, in bytes: 1 MiB of content and what surrounds it.
const MAX_REQUEST: usize = 1024 * 1024 + 1024;
/// Largest answer, in bytes: a page of 200 files, or a piece of one.
const MAX_ANSWER: usize = 1024 * 1024;

/// Brings Files' database to the schema of this program.
///
/// # Errors
/// The database cannot be changed, or is newer than this program.
pub async fn migrate(db: &Database) -> Result<(), OpenError> {
    db.migrate::<tasktracker_migrations::files::Migrator>().await
}

/// Starts what Files does by itself, where `deliver` says so: following tasks and projects, sweeping, removing, and comparing contents with
/// their checksums.
pub fn start(app: &App, deliver: bool) {
    if deliver {
        app.consumers.start(Arc::new(Cascade::new(app.clone())));
        jobs::start(app);
    }
}

/// Adds Files' services to a server.
pub fn add_to(routes: &mut RoutesBuilder, app: &App) {
    routes
        .add_service(
            UploadServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            FileServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        );
}
