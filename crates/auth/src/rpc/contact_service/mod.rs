//! Addresses of people, for those who send mail.

mod get_contacts;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::contact_service_server::ContactService;
use tasktracker_proto::auth::v1::{GetContactsRequest, GetContactsResponse};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl ContactService for App {
    async fn get_contacts(&self, request: Request<GetContactsRequest>) -> Result<Response<GetContactsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_contacts::get_contacts(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
