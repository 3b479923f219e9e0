//! WatchService: changes as they happen. This is its table of contents.

pub mod events;
mod inbox;
mod resume;
mod watch;

use tasktracker_identity::Call;
use tasktracker_identity::call::Outgoing;
use tasktracker_proto::core::v1::watch_service_server::WatchService;
use tasktracker_proto::core::v1::{WatchRequest, WatchResponse};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl WatchService for App {
    type WatchStream = Outgoing<WatchResponse>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let (call, request) = Call::open(request)?;
        let messages = watch::watch(self, &call, request).await?;
        Ok(call.stream(messages))
    }
}
