//! A request that goes on while nobody waits for it: whoever stops waiting finds its answer later.

use tokio::sync::oneshot;

use super::{S3, failure};
use crate::blob::BlobError;

/// A request under way.
#[derive(Debug)]
pub struct Job<T>(oneshot::Receiver<Result<T, BlobError>>);

impl S3 {
    /// Begins a request.
    pub(super) fn begin<T: Send + 'static>(&self, work: impl Future<Output = Result<T, BlobError>> + Send + 'static) -> Job<T> {
        let (answer, answered) = oneshot::channel();
        self.0.lifecycle.spawn("s3 request", async move {
            // Nobody may be there any more.
            let _ = answer.send(work.await);
        });
        Job(answered)
    }
}

impl<T> Job<T> {
    /// Waits for the answer. May be dropped meanwhile; once it was answered it must not be asked again.
    pub async fn wait(&mut self) -> Result<T, BlobError> {
        let answered = (&mut self.0).await;
        answered.unwrap_or_else(|_| Err(failure::damaged("a request was broken off because the process stops")))
    }
}
