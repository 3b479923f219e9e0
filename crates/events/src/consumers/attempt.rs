//! One try of a reaction, whatever it does: it fails, it takes for ever, it panics.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyhow::anyhow;
use futures_util::FutureExt;

use crate::event::Event;
use crate::reaction::{ReactError, Reaction};

/// Lets the reaction handle events of one topic. A panic is poison: it comes from the event, so it would come again. Taking longer than
/// `limit` is transient: it comes from something that does not answer.
pub(crate) async fn attempt(reaction: &dyn Reaction, events: &[Event], limit: Duration) -> Result<(), ReactError> {
    let caught = AssertUnwindSafe(async { reaction.react(events).await }).catch_unwind();
    match tokio::time::timeout(limit, caught).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(ReactError::poison(anyhow!("the reaction panicked: {}", message(&*panic)))),
        Err(_) => Err(ReactError::transient(anyhow!(
            "the reaction took longer than {} s",
            limit.as_secs()
        ))),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it does not say why")
}
