//! Public keys of this instance.

mod get_key_set;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::key_service_server::KeyService;
use tasktracker_proto::auth::v1::{GetKeySetRequest, GetKeySetResponse};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl KeyService for App {
    async fn get_key_set(&self, request: Request<GetKeySetRequest>) -> Result<Response<GetKeySetResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_key_set::get_key_set(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
