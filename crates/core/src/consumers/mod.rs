//! What follows in Core from what happens elsewhere, one file a reaction.

pub mod attachments;
pub mod members;
pub mod notifications;

use tasktracker_database::Failure;
use tasktracker_events::ReactError;
use tasktracker_server::RpcError;

/// A reaction that failed for a reason that passes: a store or Auth that does not answer.
fn transient(failure: Failure) -> ReactError {
    ReactError::transient(anyhow::anyhow!("{}", RpcError::from(failure)))
}
