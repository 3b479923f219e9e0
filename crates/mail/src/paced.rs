//! A mailer with bounds: so many messages a second, so many at once. Whoever comes too early waits, in order; nothing is refused.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::mailer::{MailError, Mailer};
use crate::message::Message;

/// How many messages a second a mailer is given. It can be learned later than the mailer is made.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Option<Interval>>);

impl Pace {
    /// So many a second; 0 or less for as many as come. Must be called within a runtime.
    #[must_use]
    pub fn new(per_second: f64) -> Self {
        Self(Mutex::new(ticks(per_second)))
    }

    /// From now on so many a second.
    pub async fn set(&self, per_second: f64) {
        *self.0.lock().await = ticks(per_second);
    }

    /// Waits for the caller's turn. Turns are handed out in the order of calls, and those of one who no longer waits are not lost.
    pub async fn wait(&self) {
        if let Some(ticks) = self.0.lock().await.as_mut() {
            ticks.tick().await;
        }
    }
}

/// Evenly spread: a carrier that counts by the second sees no bursts, whenever its seconds begin.
fn ticks(per_second: f64) -> Option<Interval> {
    let between = Duration::try_from_secs_f64(per_second.recip())
        .ok()
        .filter(|between| !between.is_zero())?;
    let mut ticks = interval(between);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Some(ticks)
}

/// A mailer with bounds.
#[derive(Debug)]
pub struct Paced<M> {
    mailer: M,
    pace: Pace,
    places: Semaphore,
}

impl<M: Mailer> Paced<M> {
    /// At most `per_second` messages a second (0 for as many as come), and at most `at_once` (at least 1) at the same time. Must be called
    /// within a runtime.
    #[must_use]
    pub fn new(mailer: M, per_second: f64, at_once: usize) -> Self {
        Self {
            mailer,
            pace: Pace::new(per_second),
            places: Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS)),
        }
    }
}

impl<M: Mailer> Mailer for Paced<M> {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(async move {
            let _place = self.places.acquire().await.map_err(|closed| MailError::Transient(closed.into()))?;
            self.pace.wait().await;
            self.mailer.send(message).await
        })
    }
}
