//! What a member of a group holds: partitions that came and may go, and the events of each that wait to be handled. The thread that polls
//! librdkafka fills it, the group empties it.
//!
//! Each partition that comes gets a number of its own, so that what was handed out before it went and came again counts no more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::event::Delivery;
use crate::fact::Topic;
use crate::transport::{Fetched, Place, SubscribeError};

/// So many events wait in memory at most, and so many bytes; polling goes on at half of it.
const EVENTS: usize = 2000;
const BYTES: usize = 8 << 20;
/// What an event takes beside its message, roughly.
const BESIDE: usize = 512;

/// A partition of a topic.
pub(super) type Key = (Topic, i32);

/// What a member holds.
#[derive(Debug, Default)]
pub(super) struct Parts {
    state: Mutex<State>,
    /// Something is there to fetch, or to hear.
    news: Notify,
    /// Something was handled.
    settled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    parts: BTreeMap<Key, Part>,
    /// Numbers of the partitions whose events were handed out last.
    handed: BTreeMap<Key, u64>,
    next: u64,
    events: usize,
    bytes: usize,
    turn: Option<Key>,
    is_closing: bool,
    is_over: bool,
}

#[derive(Debug)]
struct Part {
    number: u64,
    /// Up to where it is done; nothing while nobody knows.
    done: Option<i64>,
    waiting: VecDeque<Delivery>,
    /// Its events were handed out and are not done.
    is_busy: bool,
    /// Others wait for it.
    is_leaving: bool,
}

impl Parts {
    /// These partitions came.
    pub(super) fn came(&self, keys: impl IntoIterator<Item = Key>) {
        let mut state = self.state();
        for key in keys {
            let number = state.next;
            state.next += 1;
            let part = Part {
                number,
                done: None,
                waiting: VecDeque::new(),
                is_busy: false,
                is_leaving: false,
            };
            if let Some(former) = state.parts.insert(key, part) {
                state.forget(&former.waiting);
            }
        }
    }

    /// The position that the group stored before this partition came.
    pub(super) fn stored(&self, key: Key, position: i64) {
        let mut state = self.state();
        if let Some(part) = state.parts.get_mut(&key) {
            part.done = part.done.or(Some(position));
        }
    }

    /// These partitions go. Events that are being handled are waited for, unless nobody would be helped by it.
    pub(super) fn go(&self, keys: &[Key], patience: Duration) {
        let mut state = self.state();
        for key in keys {
            if let Some(part) = state.parts.get_mut(key) {
                part.is_leaving = true;
            }
        }
        let is_busy = |state: &mut State| !state.is_closing && keys.iter().any(|key| state.parts.get(key).is_some_and(|part| part.is_busy));
        if !patience.is_zero() {
            state = self
                .settled
                .wait_timeout_while(state, patience, is_busy)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        for key in keys {
            if let Some(part) = state.parts.remove(key) {
                state.forget(&part.waiting);
            }
        }
    }

    /// How many partitions there are.
    pub(super) fn count(&self) -> usize {
        self.state().parts.len()
    }

    /// An event of a partition.
    pub(super) fn push(&self, key: Key, delivery: Delivery) {
        let mut state = self.state();
        let size = size(&delivery);
        let Some(part) = state.parts.get_mut(&key) else { return };
        part.waiting.push_back(delivery);
        state.events += 1;
        state.bytes += size;
        drop(state);
        self.news.notify_one();
    }

    /// Nothing comes any more.
    pub(super) fn end(&self) {
        self.state().is_over = true;
        self.news.notify_one();
    }

    /// Asks the thread that polls to end.
    pub(super) fn close(&self) {
        self.state().is_closing = true;
        self.settled.notify_all();
    }

    pub(super) fn is_closing(&self) -> bool {
        self.state().is_closing
    }

    /// Whether so much waits that nothing more should come.
    pub(super) fn is_full(&self) -> bool {
        let state = self.state();
        state.events >= EVENTS || state.bytes >= BYTES
    }

    /// Waits until there is room again; whether there is.
    pub(super) fn wait_for_room(&self, patience: Duration) -> bool {
        let is_full = |state: &mut State| !state.is_closing && (state.events > EVENTS / 2 || state.bytes > BYTES / 2);
        let waited = self.settled.wait_timeout_while(self.state(), patience, is_full);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Waits for events, see [`crate::transport::Subscription::fetch`].
    pub(super) async fn fetch(&self, most: usize) -> Result<Fetched, SubscribeError> {
        self.settle();
        loop {
            if let Some(answer) = self.state().answer(most) {
                return answer;
            }
            self.news.notified().await;
        }
    }

    /// What was handed out is done with.
    fn settle(&self) {
        let mut state = self.state();
        for part in state.parts.values_mut() {
            part.is_busy = false;
        }
        state.handed.clear();
        drop(state);
        self.settled.notify_all();
    }

    /// Whether what was handed out of this partition is still this member's to store.
    pub(super) fn may_store(&self, place: Place) -> bool {
        let state = self.state();
        !state.is_over && state.part(place).is_some()
    }

    /// Whether the partition stays.
    pub(super) fn is_held(&self, place: Place) -> bool {
        let state = self.state();
        !state.is_over && state.part(place).is_some_and(|part| !part.is_leaving)
    }

    /// Up to here all is stored.
    pub(super) fn done(&self, place: Place) {
        let mut state = self.state();
        let key = (place.topic, place.partition);
        if state.part(place).is_none() {
            return;
        }
        let Some(part) = state.parts.get_mut(&key) else { return };
        let count = part
            .waiting
            .iter()
            .take_while(|waiting| waiting.position() <= place.position)
            .count();
        let gone: VecDeque<Delivery> = part.waiting.drain(..count).collect();
        part.done = Some(place.position);
        // Whoever stores while others wait leaves the rest to them.
        part.is_busy &= !part.is_leaving;
        state.forget(&gone);
        drop(state);
        self.settled.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answer(&mut self, most: usize) -> Option<Result<Fetched, SubscribeError>> {
        if self.is_over {
            return Some(Err(SubscribeError::Lost));
        }
        // Each partition gets its turn.
        let ready = |(key, part): (&Key, &Part)| (!part.is_leaving && !part.waiting.is_empty()).then_some(*key);
        let after = self.turn.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let key = self
            .parts
            .range((after, std::ops::Bound::Unbounded))
            .find_map(ready)
            .or_else(|| self.parts.iter().find_map(ready));
        let key = key?;
        self.turn = Some(key);
        let part = self.parts.get_mut(&key)?;
        part.is_busy = true;
        self.handed.insert(key, part.number);
        let deliveries: Vec<Delivery> = part.waiting.iter().take(most.max(1)).cloned().collect();
        let position = deliveries.last()?.position();
        // Positions of a state have holes where a newer event replaced an older one.
        let missing = part.done.filter(|_| !key.0.is_state).map_or(0, |done| {
            u64::try_from(position - done)
                .unwrap_or_default()
                .saturating_sub(deliveries.len() as u64)
        });
        let end = Place {
            topic: key.0,
            partition: key.1,
            position,
        };
        Some(Ok(Fetched { end, deliveries, missing }))
    }

    /// The partition, if it is the one whose events were handed out.
    fn part(&self, place: Place) -> Option<&Part> {
        let key = (place.topic, place.partition);
        let part = self.parts.get(&key)?;
        (self.handed.get(&key) == Some(&part.number)).then_some(part)
    }

    fn forget(&mut self, gone: &VecDeque<Delivery>) {
        self.events -= gone.len();
        self.bytes -= gone.iter().map(size).sum::<usize>();
    }
}

fn size(delivery: &Delivery) -> usize {
    let payload = match delivery {
        Delivery::Event(event) => event.payload.len(),
        Delivery::Damaged(damaged) => damaged.payload.len(),
    };
    payload + BESIDE
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
