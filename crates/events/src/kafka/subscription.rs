//! A member of a consumer group on Kafka. Positions are committed to the group one by one, and the answer is waited for: a member whose
//! partitions others have is refused by the brokers, as one with an old token is by the log.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Context;
use futures_util::future::BoxFuture;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::oneshot;

use super::parts::Parts;
use super::poller::{self, Client};
use super::{Settings, librdkafka};
use crate::fact::Topic;
use crate::transport::{Fetched, Place, SubscribeError, Subscription};

/// How often a commit is tried while the group is being divided anew, and the pause between tries.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// How long leaving may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// Becomes a member of the group. Its partitions come later.
pub(super) fn join(settings: &Settings, group: &str, topics: &[Topic]) -> Result<Box<dyn Subscription>, SubscribeError> {
    let parts = Arc::new(Parts::default());
    let (client, end) = poller::start(settings, group, topics, &parts).map_err(SubscribeError::Unavailable)?;
    Ok(Box::new(Member {
        names: topics.iter().map(|topic| (*topic, settings.named(topic.name))).collect(),
        client: Arc::downgrade(&client),
        parts,
        end: Some(end),
    }))
}

struct Member {
    /// Topics as the cluster names them.
    names: HashMap<Topic, String>,
    /// The thread that polls keeps it, and closes it where closing may take its time.
    client: Weak<Client>,
    parts: Arc<Parts>,
    end: Option<oneshot::Receiver<()>>,
}

impl Subscription for Member {
    fn fetch(&mut self, most: usize) -> BoxFuture<'_, Result<Fetched, SubscribeError>> {
        Box::pin(self.parts.fetch(most))
    }

    fn store(&mut self, place: Place) -> BoxFuture<'_, Result<(), SubscribeError>> {
        Box::pin(async move {
            for _ in 0..TRIES {
                if !self.parts.may_store(place) {
                    return Err(SubscribeError::Lost);
                }
                match self.commit(place).await? {
                    Ok(()) => {
                        self.parts.done(place);
                        return Ok(());
                    }
                    Err(error) => match error.rdkafka_error_code() {
                        Some(code) if is_in_between(code) => tokio::time::sleep(PAUSE).await,
                        Some(code) if is_refusal(code) => {
                            self.parts.end();
                            return Err(SubscribeError::Lost);
                        }
                        _ => return Err(SubscribeError::Unavailable(librdkafka::explained(error))),
                    },
                }
            }
            Err(SubscribeError::unavailable(anyhow::anyhow!(
                "the group is being divided for too long"
            )))
        })
    }

    fn is_held(&self, place: Place) -> bool {
        self.parts.is_held(place)
    }

    fn leave(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            self.parts.close();
            if let Some(end) = self.end.take()
                && tokio::time::timeout(GOODBYE, end).await.is_err()
            {
                tracing::debug!("a group was not left in time, its brokers will notice");
            }
        })
    }
}

impl Member {
    /// Commits, and waits for the answer on a thread that may wait. The outer error is that there is nobody to commit any more.
    async fn commit(&self, place: Place) -> Result<Result<(), KafkaError>, SubscribeError> {
        let client = self.client.upgrade().ok_or(SubscribeError::Lost)?;
        let name = self.names.get(&place.topic).context("the group does not read this topic");
        let name = name.map_err(SubscribeError::Unavailable)?.clone();
        let commit = move || {
            let mut list = TopicPartitionList::new();
            // The offset of the next event is the position of the last one.
            list.add_partition_offset(&name, place.partition, Offset::Offset(place.position))?;
            client.commit(&list, CommitMode::Sync)
        };
        tokio::task::spawn_blocking(commit).await.map_err(SubscribeError::unavailable)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.parts.close();
    }
}

/// Whether the group is being divided anew. A member that keeps a partition may commit when that is over: a commit that is sent meanwhile comes
/// to the broker behind the request to join, under a generation that is not the newest any more. From one that loses a partition librdkafka
/// takes it before it joins again, so it cannot commit what is others' by then.
fn is_in_between(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::RebalanceInProgress | RDKafkaErrorCode::IllegalGeneration | RDKafkaErrorCode::UnknownMemberId
    )
}

/// Whether this member is none any more.
fn is_refusal(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::FencedInstanceId | RDKafkaErrorCode::Fatal | RDKafkaErrorCode::State | RDKafkaErrorCode::UnknownGroup
    )
}
