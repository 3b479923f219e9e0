//! Kafka as the way that events take between the processes of services: the same promises as [`crate::EventLog`], as far as a broker can
//! keep them. `docs/adr/0010-kafka.md` says which it cannot, and why that does no harm.
//!
//! A relay's batch is handed to one idempotent producer and acknowledged by all replicas in sync. A group's members share its partitions;
//! each handles the events of its partitions in their order and commits how far it is after their effect.

mod acknowledged;
mod headers;
mod lag;
mod librdkafka;
mod offsets;
mod parts;
mod poller;
mod publish;
mod settings;
mod subscription;
pub mod topics;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::fact::Topic;
use crate::transport::{Outgoing, Place, PublishError, Publisher, SubscribeError, Subscriber, Subscription};
pub use settings::{Security, Settings};

/// The way to the brokers. Cheap to clone; there is one in a process, because of one producer it knows in which order events went out.
#[derive(Debug, Clone)]
pub struct Kafka(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    producer: publish::Producer,
    offsets: offsets::Offsets,
}

impl Kafka {
    /// The way that the settings name. Nothing is connected yet: brokers that are away are waited for by those who publish and subscribe.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Inner {
            producer: publish::Producer::new(settings.clone()),
            offsets: offsets::Offsets::new(settings.clone()),
            settings,
        }))
    }

    /// Asks whether a broker answers and has these topics: for readiness, and for a doctor.
    ///
    /// # Errors
    /// What is wrong, and what to do about it.
    pub async fn check(&self, topics: &[Topic]) -> anyhow::Result<()> {
        self.0.offsets.check(topics).await
    }
}

impl Publisher for Kafka {
    fn publish<'a>(&'a self, producer: &'a str, token: i64, events: &'a [Outgoing]) -> BoxFuture<'a, Result<usize, PublishError>> {
        Box::pin(self.0.producer.publish(producer, token, events))
    }
}

impl Subscriber for Kafka {
    fn join<'a>(&'a self, group: &'a str, topics: &'a [Topic]) -> BoxFuture<'a, Result<Box<dyn Subscription>, SubscribeError>> {
        Box::pin(async move { subscription::join(&self.0.settings, group, topics) })
    }

    fn ends<'a>(&'a self, topics: &'a [Topic]) -> BoxFuture<'a, Result<Vec<Place>, SubscribeError>> {
        Box::pin(async move { self.0.offsets.ends(topics).await.map_err(SubscribeError::Unavailable) })
    }

    fn unhandled<'a>(&'a self, group: &'a str, topics: &'a [Topic]) -> BoxFuture<'a, Result<u64, SubscribeError>> {
        Box::pin(async move { self.0.offsets.unhandled(group, topics).await.map_err(SubscribeError::Unavailable) })
    }
}
