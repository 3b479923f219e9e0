//! Analytics as something that a process can serve.

use std::sync::Arc;

use tasktracker_database::{Database, OpenError};
use tasktracker_proto::analytics::v1::projection_service_server::ProjectionServiceServer;
use tasktracker_proto::analytics::v1::statistics_service_server::StatisticsServiceServer;
use tonic::service::RoutesBuilder;

use crate::app::App;
use crate::projection::CountError;
use crate::projection::rebuild::Rebuilt;

/// The services of Analytics by their full names.
pub const SERVICES: [&str; 2] = [
    "tasktracker.analytics.v1.StatisticsService",
    "tasktracker.analytics.v1.ProjectionService",
];

/// Largest request message, in bytes.
const MAX_REQUEST: usize = 64 * 1024;
/// Largest answer, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// Brings Analytics' database to the schema of this program.
///
/// # Errors
/// The database cannot be changed, or is newer than this program.
pub async fn migrate(db: &Database) -> Result<(), OpenError> {
    db.migrate::<tasktracker_migrations::analytics::Migrator>().await
}

/// Starts what Analytics does by itself: counting events. Without `deliver` they wait.
pub fn start(app: &App, deliver: bool) {
    if deliver {
        app.consumers.start(Arc::new(app.projection().clone()));
    }
}

/// Counts everything anew from the events that were kept, after a change of what a number means.
///
/// # Errors
/// The store does not answer, or another process counted meanwhile; the old numbers stay.
pub async fn rebuild(app: &App) -> Result<Rebuilt, CountError> {
    app.projection().rebuild().await
}

/// Adds Analytics' services to a server.
pub fn add_to(routes: &mut RoutesBuilder, app: &App) {
    routes
        .add_service(
            StatisticsServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            ProjectionServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        );
}
