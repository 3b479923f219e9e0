//! MailFeedbackService: what carriers of mail tell afterwards. This is its table of contents.

mod receive_feedback;

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::mail_feedback_service_server::MailFeedbackService;
use tasktracker_proto::core::v1::*;
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl MailFeedbackService for App {
    async fn receive_feedback(&self, request: Request<ReceiveFeedbackRequest>) -> Result<Response<ReceiveFeedbackResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = receive_feedback::receive_feedback(self, request).await?;
        Ok(call.reply(response))
    }
}
