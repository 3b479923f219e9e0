//! NotificationService: each caller's own inbox, and the end of mails. This is its table of contents.

pub mod convert;
mod get_unsubscribe_page;
mod list_notifications;
mod mark_all_notifications_read;
mod mark_notification_read;
mod unsubscribe;

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::notification_service_server::NotificationService;
use tasktracker_proto::core::v1::*;
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl NotificationService for App {
    async fn list_notifications(&self, request: Request<ListNotificationsRequest>) -> Result<Response<ListNotificationsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_notifications::list_notifications(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn mark_notification_read(
        &self,
        request: Request<MarkNotificationReadRequest>,
    ) -> Result<Response<MarkNotificationReadResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = mark_notification_read::mark_notification_read(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn mark_all_notifications_read(
        &self,
        request: Request<MarkAllNotificationsReadRequest>,
    ) -> Result<Response<MarkAllNotificationsReadResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = mark_all_notifications_read::mark_all_notifications_read(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn unsubscribe(&self, request: Request<UnsubscribeRequest>) -> Result<Response<UnsubscribeResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = unsubscribe::unsubscribe(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_unsubscribe_page(
        &self,
        request: Request<GetUnsubscribePageRequest>,
    ) -> Result<Response<GetUnsubscribePageResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_unsubscribe_page::get_unsubscribe_page(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
