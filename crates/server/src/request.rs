//! What is known of the request that is being answered: its id, for errors and logs. Set by the stack around every RPC and around
//! every frame of its answer.

use std::sync::Arc;

tokio::task_local! {
    static REQUEST_ID: Arc<str>;
}

/// Metadata and header that carries the request id.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// The id of the request being answered; `None` outside of one.
#[must_use]
pub fn current_id() -> Option<Arc<str>> {
    REQUEST_ID.try_with(Arc::clone).ok()
}

/// Runs a future as part of a request.
pub async fn within<F: Future>(id: Arc<str>, future: F) -> F::Output {
    REQUEST_ID.scope(id, future).await
}

/// Runs a piece of synchronous work as part of a request.
pub fn within_sync<T>(id: Arc<str>, work: impl FnOnce() -> T) -> T {
    REQUEST_ID.sync_scope(id, work)
}

/// Whether a client's request id may be kept: 1 to 128 visible ASCII characters.
#[must_use]
pub fn is_valid_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}
