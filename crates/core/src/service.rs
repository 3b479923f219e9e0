//! Core as something that a process can serve.

use std::sync::Arc;

use tasktracker_database::{Database, OpenError};
use tasktracker_proto::core::v1::comment_service_server::CommentServiceServer;
use tasktracker_proto::core::v1::mail_feedback_service_server::MailFeedbackServiceServer;
use tasktracker_proto::core::v1::notification_service_server::NotificationServiceServer;
use tasktracker_proto::core::v1::project_service_server::ProjectServiceServer;
use tasktracker_proto::core::v1::status_service_server::StatusServiceServer;
use tasktracker_proto::core::v1::task_service_server::TaskServiceServer;
use tasktracker_proto::core::v1::watch_service_server::WatchServiceServer;
use tonic::service::RoutesBuilder;

use crate::app::App;
use crate::consumers::attachments::Attachments;
use crate::consumers::members::Members;
use crate::consumers::notifications::Notifications;
use crate::jobs::purge::{self, Purge};
use crate::jobs::send_mail::{self, SendMail};

/// The services of Core by their full names.
pub const SERVICES: [&str; 7] = [
    "tasktracker.core.v1.ProjectService",
    "tasktracker.core.v1.StatusService",
    "tasktracker.core.v1.TaskService",
    "tasktracker.core.v1.CommentService",
    "tasktracker.core.v1.NotificationService",
    "tasktracker.core.v1.WatchService",
    "tasktracker.core.v1.MailFeedbackService",
];

/// Largest request message, in bytes.
const MAX_REQUEST: usize = 1024 * 1024;
/// Largest answer, in bytes: 200 tasks with long descriptions fit.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Brings Core's database to the schema of this program.
///
/// # Errors
/// The database cannot be changed, or is newer than this program.
pub async fn migrate(db: &Database) -> Result<(), OpenError> {
    db.migrate::<tasktracker_migrations::core::Migrator>().await
}

/// Starts what Core does by itself: looking for changes of other processes, and sweeping. With `deliver` also what follows from events
/// and from time: notifications, reminders and jobs.
pub fn start(app: &App, deliver: bool) {
    app.feed.poll(app);
    app.feed.inboxes().poll(app);
    app.lifecycle.spawn("sweep of core", crate::sweep::run(app.clone()));
    if deliver {
        app.consumers.start(Arc::new(Notifications::new(app.clone())));
        app.consumers.start(Arc::new(Members::new(app.clone())));
        app.consumers.start(Arc::new(Attachments::new(app.clone())));
        app.jobs.handle(send_mail::KIND, Arc::new(SendMail::new(app.clone())));
        app.jobs.handle(purge::KIND, Arc::new(Purge::new(app.clone())));
        app.jobs.schedule(purge::schedule());
        app.jobs.start();
        app.lifecycle.spawn("reminders", crate::reminders::run(app.clone()));
    }
}

/// Adds Core's services to a server.
pub fn add_to(routes: &mut RoutesBuilder, app: &App) {
    routes
        .add_service(
            ProjectServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            StatusServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            TaskServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            CommentServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            NotificationServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            MailFeedbackServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        )
        .add_service(
            WatchServiceServer::new(app.clone())
                .max_decoding_message_size(MAX_REQUEST)
                .max_encoding_message_size(MAX_ANSWER),
        );
}
