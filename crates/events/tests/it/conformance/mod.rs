//! What every way of events keeps to, whatever it is made of: the suite in `suite.rs`, written over [`Transport`], and the transports that
//! run it. A new one implements [`Transport`] and adds a line of `conformance!`.

mod suite;

use std::sync::Arc;

use tasktracker_database::Database;
use tasktracker_events::{EventLog, Publisher, Subscriber};
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;

use crate::world::{self, World};

/// A way of events, empty at first.
pub trait Transport: Send + Sync {
    /// For producers.
    fn publisher(&self) -> Arc<dyn Publisher>;

    /// For consumers: each call is a new member, in a process of its own where the transport serves several.
    fn member(&self) -> impl Future<Output = Arc<dyn Subscriber>> + Send;

    /// The process is killed and starts again. What it gave out before is dropped by then.
    fn killed(self) -> impl Future<Output = Self> + Send;

    /// After this, nobody waits for a member that is dead.
    fn forget_the_dead(&self);

    /// A member that a usurper can replace.
    fn replaceable(&self) -> impl Future<Output = Arc<dyn Subscriber>> + Send;

    /// A member that takes the replaceable one for dead.
    fn usurper(&self) -> impl Future<Output = Arc<dyn Subscriber>> + Send;

    /// A service's database, for dead letters.
    fn database(&self) -> Database;

    fn clock(&self) -> SharedClock;

    fn ids(&self) -> Ids;
}

/// The process-wide log.
struct LogTransport(World);

impl Transport for LogTransport {
    fn publisher(&self) -> Arc<dyn Publisher> {
        self.0.publisher()
    }

    async fn member(&self) -> Arc<dyn Subscriber> {
        if self.0.is_postgres() {
            Arc::new(self.0.other_process().await)
        } else {
            self.0.subscriber()
        }
    }

    async fn killed(self) -> Self {
        Self(self.0.restarted().await)
    }

    fn forget_the_dead(&self) {
        self.0.pass_leases();
    }

    async fn replaceable(&self) -> Arc<dyn Subscriber> {
        self.member().await
    }

    async fn usurper(&self) -> Arc<dyn Subscriber> {
        if self.0.is_postgres() {
            self.forget_the_dead();
            return self.member().await;
        }
        // As if another process had broken the lock of the data directory.
        let log = EventLog::open(self.0.events.clone(), self.clock(), &self.0.lifecycle).await;
        Arc::new(log.unwrap())
    }

    fn database(&self) -> Database {
        self.0.owner.clone()
    }

    fn clock(&self) -> SharedClock {
        self.0.shared_clock()
    }

    fn ids(&self) -> Ids {
        self.0.ids.clone()
    }
}

async fn sqlite() -> Option<LogTransport> {
    Some(LogTransport(world::sqlite().await))
}

async fn postgres() -> Option<LogTransport> {
    world::postgres().await.map(LogTransport)
}

/// Runs the suite on what `$start` makes; nothing means that it is not there.
macro_rules! conformance {
    ($name:ident, $start:expr, [$($test:ident),+ $(,)?]) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    if let Some(transport) = $start.await {
                        super::suite::$test(transport).await;
                    }
                }
            )+
        }
    };
    ($name:ident, $start:expr) => {
        conformance!($name, $start, [
            events_come_as_they_were_published_and_in_order,
            the_same_events_come_until_their_position_is_stored,
            a_killed_member_goes_on_after_what_was_stored,
            a_new_group_reads_everything,
            each_group_has_its_own_position,
            an_older_publisher_is_refused,
            what_is_published_twice_is_the_same_event,
            a_waiting_member_is_woken,
            two_members_share_a_group,
            a_member_that_was_replaced_cannot_store,
            poison_in_the_middle_stops_nothing,
            what_fails_for_now_is_waited_for_in_order,
        ]);
    };
}

conformance!(log_on_sqlite, super::sqlite());
conformance!(log_on_postgres, super::postgres());
#[cfg(feature = "kafka")]
conformance!(kafka, crate::kafka::transport::start());
