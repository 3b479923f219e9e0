//! Publishers that fail as real ones do: they stand still at a bad moment, or take only some of what they get.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use tasktracker_events::Publisher;
use tasktracker_events::transport::{Outgoing, PublishError};
use tokio::sync::Semaphore;

/// Where a publisher stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

/// Stands still at each publish until it is let go.
#[derive(Debug)]
pub struct Gate {
    inner: Arc<dyn Publisher>,
    moment: Moment,
    arrived: Semaphore,
    passes: Semaphore,
}

impl Gate {
    pub fn new(inner: Arc<dyn Publisher>, moment: Moment) -> Arc<Self> {
        Arc::new(Self {
            inner,
            moment,
            arrived: Semaphore::new(0),
            passes: Semaphore::new(0),
        })
    }

    /// Waits until a publish stands at the gate.
    pub async fn reached(&self) {
        let arrival = tokio::time::timeout(std::time::Duration::from_secs(10), self.arrived.acquire()).await;
        arrival.expect("within ten seconds").unwrap().forget();
    }

    /// Lets everything pass from now on.
    pub fn open(&self) {
        self.passes.add_permits(1_000_000);
    }

    async fn pass(&self) {
        self.arrived.add_permits(1);
        self.passes.acquire().await.unwrap().forget();
    }
}

impl Publisher for Gate {
    fn publish<'a>(&'a self, producer: &'a str, token: i64, events: &'a [Outgoing]) -> BoxFuture<'a, Result<usize, PublishError>> {
        Box::pin(async move {
            if self.moment == Moment::Before {
                self.pass().await;
            }
            let outcome = self.inner.publish(producer, token, events).await;
            if self.moment == Moment::After {
                self.pass().await;
            }
            outcome
        })
    }
}

/// Takes a random beginning of what it gets, fails now and then, and sometimes after it took everything.
#[derive(Debug)]
pub struct Unreliable {
    inner: Arc<dyn Publisher>,
    state: AtomicU64,
}

impl Unreliable {
    pub fn new(inner: Arc<dyn Publisher>, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            inner,
            state: AtomicU64::new(seed),
        })
    }

    fn dice(&self) -> u64 {
        let state = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        (state ^ (state >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
    }
}

impl Publisher for Unreliable {
    fn publish<'a>(&'a self, producer: &'a str, token: i64, events: &'a [Outgoing]) -> BoxFuture<'a, Result<usize, PublishError>> {
        Box::pin(async move {
            let away = || Err(PublishError::unavailable(anyhow::anyhow!("away")));
            match self.dice() % 8 {
                0 => away(),
                1 => {
                    self.inner.publish(producer, token, events).await?;
                    away()
                }
                2 | 3 => {
                    let some = 1 + usize::try_from(self.dice()).unwrap_or_default() % events.len();
                    self.inner.publish(producer, token, &events[..some]).await
                }
                _ => self.inner.publish(producer, token, events).await,
            }
        })
    }
}
