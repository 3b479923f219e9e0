//! Publishes the batches of relays, one after the other, through one idempotent producer.
//!
//! A batch ends known or given up: what is not acknowledged in time is taken back from librdkafka, all at once, so that a later event of a
//! key is never out while an earlier one is not. The producer stays the same after that: librdkafka then raises its epoch, and brokers refuse
//! what is still on its way under the former one.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, Producer as _, PurgeConfig, ThreadedProducer};

use super::acknowledged::{Batch, Hearing};
use super::settings::PATIENCE;
use super::{Settings, headers, librdkafka};
use crate::transport::{Outgoing, PublishError};

/// How long to wait for what librdkafka says of events that were taken back: it does so at once.
const AFTERWARDS: Duration = Duration::from_secs(5);

type Client = ThreadedProducer<Hearing>;

/// The producer of this process.
pub(super) struct Producer {
    settings: Settings,
    /// The newest token that was seen, by producer.
    tokens: Mutex<HashMap<String, i64>>,
    /// One batch at a time.
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    /// Topics that the cluster has.
    known: HashSet<String>,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").finish_non_exhaustive()
    }
}

impl Producer {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            tokens: Mutex::default(),
            state: tokio::sync::Mutex::default(),
        }
    }

    pub(super) async fn publish(&self, producer: &str, token: i64, events: &[Outgoing]) -> Result<usize, PublishError> {
        let mut state = self.state.lock().await;
        self.fence(producer, token)?;
        if events.is_empty() {
            return Ok(0);
        }
        let client = self.client(&mut state).map_err(PublishError::Unavailable)?;
        let there = self.there(&client, &mut state, events).await.map_err(PublishError::Unavailable)?;
        let outcome = self.send(&client, producer, &events[..there]).await;
        if let Some((code, reason)) = client.client().fatal_error() {
            tracing::warn!(%code, reason, "the producer cannot go on, the next try has a new one");
            state.client = None;
            discard(client);
        }
        outcome
    }

    /// Notes the token, unless a newer one was seen.
    fn fence(&self, producer: &str, token: i64) -> Result<(), PublishError> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = tokens.entry(producer.to_owned()).or_insert(token);
        if token < *newest {
            return Err(PublishError::Fenced { newest: *newest });
        }
        *newest = token;
        Ok(())
    }

    fn client(&self, state: &mut State) -> anyhow::Result<Client> {
        if let Some(client) = &state.client {
            return Ok(client.clone());
        }
        let client: Client = self
            .settings
            .producer()
            .create_with_context(Hearing)
            .context("the settings of Kafka make no producer")?;
        state.client = Some(client.clone());
        Ok(client)
    }

    /// How many events come before the first whose topic is missing. They must not be tried together: those behind it would be taken again and
    /// again.
    async fn there(&self, client: &Client, state: &mut State, events: &[Outgoing]) -> anyhow::Result<usize> {
        let unknown: BTreeSet<&String> = events
            .iter()
            .map(|event| &event.topic)
            .filter(|topic| !state.known.contains(*topic))
            .collect();
        for topic in unknown {
            let (client, name) = (client.clone(), self.settings.named(topic));
            match blocking(move || exists(&client, &name)).await? {
                Ok(()) => _ = state.known.insert(topic.clone()),
                Err(error) => {
                    let before = events.iter().take_while(|event| event.topic != *topic).count();
                    let missing = error.context(format!("the topic {} cannot be written to", self.settings.named(topic)));
                    return if before == 0 { Err(missing) } else { Ok(before) };
                }
            }
        }
        Ok(events.len())
    }

    async fn send(&self, client: &Client, producer: &str, events: &[Outgoing]) -> Result<usize, PublishError> {
        let batch = Batch::of(events.len());
        // Whoever drops this takes back what is not out yet.
        let mut open = Open(Some(client.clone()));
        let mut refused = None;
        for (index, event) in events.iter().enumerate() {
            if refused.is_none() {
                let topic = self.settings.named(&event.topic);
                let record = BaseRecord::with_opaque_to(&topic, batch.place(index))
                    .key(event.key.as_bytes())
                    .payload(&event.payload[..])
                    .headers(headers::of(producer, event));
                refused = client.send(record).err().map(|(error, _)| error);
            }
            // Nothing goes out behind one that does not.
            if let Some(error) = &refused {
                batch.report(index, Err(error.clone()));
            }
        }
        if tokio::time::timeout(PATIENCE, batch.finished()).await.is_err() {
            let client = client.clone();
            blocking(move || client.purge(PurgeConfig::default().queue().inflight()))
                .await
                .map_err(PublishError::Unavailable)?;
            // What is not known then counts as not taken.
            let _ = tokio::time::timeout(AFTERWARDS, batch.finished()).await;
        }
        open.0 = None;
        match batch.taken() {
            (0, error) => Err(PublishError::Unavailable(
                error.map_or_else(|| anyhow!("the brokers do not answer"), librdkafka::explained),
            )),
            (taken, _) => Ok(taken),
        }
    }
}

/// A batch of which not everything is known yet.
struct Open(Option<Client>);

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            client.purge(PurgeConfig::default().queue().inflight().non_blocking());
            discard(client);
        }
    }
}

fn exists(client: &Client, topic: &str) -> anyhow::Result<()> {
    let metadata = client
        .client()
        .fetch_metadata(Some(topic), PATIENCE / 2)
        .map_err(librdkafka::explained)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let code = match found {
        Some(found) => found.error().map(RDKafkaErrorCode::from),
        None => Some(RDKafkaErrorCode::UnknownTopicOrPartition),
    };
    code.map_or(Ok(()), |code| Err(librdkafka::explained(KafkaError::MetadataFetch(code))))
}

/// What waits, waits on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("librdkafka failed")
}

/// The end of a client may take a moment.
fn discard(client: Client) {
    if tokio::runtime::Handle::try_current().is_ok() {
        drop(tokio::task::spawn_blocking(move || drop(client)));
    }
}
