//! One consumer group at work.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tasktracker_database::{Id, Time};
use tokio_util::sync::CancellationToken;

use super::{Consumers, attempt};
use crate::backoff::Backoff;
use crate::dead_letters::{Buried, bury};
use crate::event::{Delivery, Event};
use crate::reaction::{ReactError, Reaction};
use crate::transport::{Fetched, Place, SubscribeError, Subscription};

/// Events that are fetched at once; the reaction gets them in batches of its own size.
const FETCH: usize = 500;
/// How often a single event is tried that fails as poison.
const TRIES: u32 = 3;
/// The pause between these tries.
const SHORT: Duration = Duration::from_millis(50);
/// A position is stored after this many events, after this long, and when nothing more is at hand: each store is a commit, and handling
/// some events again after a crash does no harm.
const UNSTORED: usize = 100;
const UNSTORED_FOR: Duration = Duration::from_millis(100);

/// A group and where it stands.
pub(super) struct Group {
    consumers: Consumers,
    reaction: Arc<dyn Reaction>,
    name: &'static str,
    stopping: CancellationToken,
    backoff: Backoff,
}

/// Why the holder stops handling events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stopping,
    Lost,
}

type Flow = ControlFlow<End>;

/// What was handled and is not stored yet.
struct Unstored {
    events: usize,
    since: Timestamp,
}

impl Group {
    pub(super) fn new(consumers: Consumers, reaction: Arc<dyn Reaction>, stopping: CancellationToken) -> Self {
        Self {
            name: reaction.group(),
            backoff: Backoff::default(),
            consumers,
            reaction,
            stopping,
        }
    }

    pub(super) async fn run(mut self) {
        self.gauge(false);
        while let Some(mut subscription) = self.join().await {
            match self.hold(&mut *subscription).await {
                End::Stopping => {
                    subscription.leave().await;
                    return;
                }
                End::Lost => tracing::info!(group = self.name, "another process handles the events of the group now"),
            }
        }
    }

    /// Waits for the group; nothing when the process stops before.
    async fn join(&mut self) -> Option<Box<dyn Subscription>> {
        loop {
            let subscriber = Arc::clone(&self.consumers.subscriber);
            let joined = tokio::select! {
                biased;
                () = self.stopping.cancelled() => return None,
                joined = subscriber.join(self.name, self.reaction.topics()) => joined,
            };
            match joined {
                Ok(subscription) => {
                    self.worked();
                    return Some(subscription);
                }
                Err(error) => {
                    if self.failed(&error.into()).await.is_break() {
                        return None;
                    }
                }
            }
        }
    }

    async fn hold(&mut self, subscription: &mut dyn Subscription) -> End {
        let most = FETCH.max(self.reaction.batch());
        loop {
            let fetched = tokio::select! {
                biased;
                () = self.stopping.cancelled() => return End::Stopping,
                fetched = subscription.fetch(most) => fetched,
            };
            let flow = match fetched {
                Ok(fetched) => {
                    self.worked();
                    self.take(subscription, fetched).await
                }
                Err(SubscribeError::Lost) => return End::Lost,
                Err(error) => self.failed(&error.into()).await,
            };
            // What was lost may be one part of a topic: whether anything is left, the next fetch says.
            if flow == Flow::Break(End::Stopping) {
                return End::Stopping;
            }
        }
    }

    /// Handles what was fetched, in order, and stores how far that is.
    async fn take(&mut self, subscription: &mut dyn Subscription, fetched: Fetched) -> Flow {
        if fetched.missing > 0 {
            let (topic, missing) = (fetched.end.topic.name, fetched.missing);
            tracing::warn!(
                group = self.name,
                topic,
                missing,
                "events are missing: they were removed before the group came to them"
            );
            metrics::counter!("events_missing_total", "group" => self.name, "topic" => topic).increment(missing);
        }
        let (mut rest, mut events) = (fetched.deliveries.into_iter().peekable(), Vec::new());
        let mut unstored = self.nothing_unstored();
        let mut place = None;
        while let Some(delivery) = rest.next() {
            let position = delivery.position();
            let mut handled = 1;
            let flow = match delivery {
                Delivery::Event(event) => {
                    events.push(event);
                    let is_full = events.len() >= self.reaction.batch().max(1);
                    if !is_full && matches!(rest.peek(), Some(Delivery::Event(_))) {
                        continue;
                    }
                    handled = events.len();
                    let flow = self.handle(subscription, fetched.end, &events).await;
                    events.clear();
                    flow
                }
                Delivery::Damaged(damaged) => {
                    let what = Buried::Damaged(&damaged);
                    self.bury(subscription, fetched.end, &what, &damaged.error, 0).await
                }
            };
            let is_stopping = flow == Flow::Break(End::Stopping) || self.stopping.is_cancelled();
            if flow.is_continue() {
                unstored.events += handled;
                place = Some(Place { position, ..fetched.end });
            }
            if is_stopping {
                // What was not handled comes again at the next start, and so does the rest if this fails.
                if let Some(place) = place
                    && let Err(error) = subscription.store(place).await
                {
                    tracing::debug!(group = self.name, %error, "a position was not stored");
                }
                return Flow::Break(End::Stopping);
            }
            let is_held = subscription.is_held(fetched.end);
            if let Some(place) = place.filter(|_| !is_held || self.is_due(&unstored)) {
                self.store(subscription, place).await?;
                unstored = self.nothing_unstored();
            }
            flow?;
            if !is_held {
                return Flow::Break(End::Lost);
            }
        }
        self.store(subscription, fetched.end).await
    }

    fn nothing_unstored(&self) -> Unstored {
        Unstored {
            events: 0,
            since: self.consumers.clock.now(),
        }
    }

    fn is_due(&self, unstored: &Unstored) -> bool {
        let waited = self.consumers.clock.now().duration_since(unstored.since);
        unstored.events >= UNSTORED || Duration::try_from(waited).map_or(true, |waited| waited >= UNSTORED_FOR)
    }

    /// Lets the reaction handle a batch, for as long as that takes. A batch that is poison is handled event by event.
    async fn handle(&mut self, subscription: &dyn Subscription, end: Place, events: &[Event]) -> Flow {
        if let [event] = events {
            return self.handle_one(subscription, end, event).await;
        }
        loop {
            match attempt(&*self.reaction, events, self.consumers.limit).await {
                Ok(()) => {
                    self.done(events);
                    return Flow::Continue(());
                }
                Err(ReactError::Transient(error)) => self.wait_out(subscription, end, &error).await?,
                Err(ReactError::Poison(error)) => {
                    tracing::info!(
                        group = self.name,
                        error = format!("{error:#}"),
                        "a batch failed, its events are handled one by one"
                    );
                    break;
                }
            }
        }
        for event in events {
            self.handle_one(subscription, end, event).await?;
        }
        Flow::Continue(())
    }

    /// Lets the reaction handle an event; when it was poison a few times, it is given up.
    async fn handle_one(&mut self, subscription: &dyn Subscription, end: Place, event: &Event) -> Flow {
        let mut tries = 0;
        loop {
            match attempt(&*self.reaction, std::slice::from_ref(event), self.consumers.limit).await {
                Ok(()) => {
                    self.done(std::slice::from_ref(event));
                    return Flow::Continue(());
                }
                Err(ReactError::Transient(error)) => self.wait_out(subscription, end, &error).await?,
                Err(ReactError::Poison(error)) => {
                    tries += 1;
                    if tries == TRIES {
                        let error = format!("{error:#}");
                        return self.bury(subscription, end, &Buried::Event(event), &error, tries).await;
                    }
                    self.pause(SHORT * tries).await?;
                }
            }
        }
    }

    /// Makes a dead letter; only when it is durable the position may move on.
    async fn bury(&mut self, subscription: &dyn Subscription, end: Place, what: &Buried<'_>, error: &str, tries: u32) -> Flow {
        let id = Id(self.consumers.ids.next());
        loop {
            let now = Time::from(self.consumers.clock.now());
            let mut txn = self.consumers.database.begin();
            txn.insert(bury(id, self.name, what, error, tries, now));
            match txn.commit().await {
                Ok(_) => break,
                Err(error) => self.wait_out(subscription, end, &error.into()).await?,
            }
        }
        self.worked();
        tracing::error!(group = self.name, error, "an event could not be handled and is a dead letter now");
        metrics::counter!("events_dead_letters_total", "group" => self.name).increment(1);
        Flow::Continue(())
    }

    async fn store(&mut self, subscription: &mut dyn Subscription, place: Place) -> Flow {
        loop {
            match subscription.store(place).await {
                Ok(()) => {
                    self.worked();
                    return Flow::Continue(());
                }
                Err(SubscribeError::Lost) => return Flow::Break(End::Lost),
                Err(SubscribeError::Unavailable(error)) => self.wait_out(subscription, place, &error).await?,
            }
        }
    }

    /// Pauses after a failure, unless the process stops or these events are somebody else's.
    async fn wait_out(&mut self, subscription: &dyn Subscription, end: Place, error: &anyhow::Error) -> Flow {
        self.failed(error).await?;
        if subscription.is_held(end) {
            Flow::Continue(())
        } else {
            Flow::Break(End::Lost)
        }
    }

    /// Something failed for now: says so once, and pauses.
    async fn failed(&mut self, error: &anyhow::Error) -> Flow {
        if !self.backoff.is_failing() {
            tracing::warn!(
                group = self.name,
                error = format!("{error:#}"),
                "events cannot be handled for now, they wait"
            );
            self.gauge(true);
        }
        metrics::counter!("events_retries_total", "group" => self.name).increment(1);
        let pause = self.backoff.pause(&self.consumers.ids);
        self.pause(pause).await
    }

    async fn pause(&self, length: Duration) -> Flow {
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => Flow::Break(End::Stopping),
            () = tokio::time::sleep(length) => Flow::Continue(()),
        }
    }

    fn done(&mut self, events: &[Event]) {
        self.worked();
        metrics::counter!("events_handled_total", "group" => self.name).increment(events.len() as u64);
        if let Some(last) = events.last() {
            let age = self.consumers.clock.now().duration_since(last.occur_time).as_secs_f64();
            metrics::histogram!("events_delivery_seconds", "group" => self.name).record(age.max(0.0));
        }
    }

    fn worked(&mut self) {
        if self.backoff.is_failing() {
            tracing::info!(group = self.name, "events are handled again");
            self.backoff.reset();
            self.gauge(false);
        }
    }

    fn gauge(&self, is_failing: bool) {
        metrics::gauge!("events_group_failing", "group" => self.name).set(f64::from(u8::from(is_failing)));
    }
}
