//! A clock that jumps: leases are not stuck, nothing is lost, nobody waits for longer than a minute.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tasktracker_events::{Subscriber, Topic};

use crate::reactions::Notes;
use crate::world::{World, both, postgres, until};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl World {
    pub fn now(&self) -> Timestamp {
        tasktracker_server::clock::Clock::now(&*self.clock)
    }

    fn jump(&self, by: SignedDuration) {
        self.clock.set(self.now() + by);
    }
}

#[tokio::test]
async fn events_flow_on_when_the_clock_jumps_back_and_forth() {
    for world in both().await {
        let notes = Notes::new("test.clock", &[Topic::CORE_TASK], 1);
        world.start(Arc::clone(&notes) as _);
        let relay = world.relay();
        let mut expected = Vec::new();
        for (version, jump) in (1..).zip([SignedDuration::ZERO, -HOUR, HOUR, HOUR, -HOUR * 3]) {
            world.jump(jump);
            world.commit(&[world.event("a", version)]).await;
            relay.wake();
            expected.push(("a".to_owned(), version));
            until("the event is handled", || async { notes.handled() == expected }).await;
        }
        world.log.sweep().await.unwrap();
        assert_eq!(world.entries().await, 5);
    }
}

#[tokio::test]
async fn a_lease_from_the_future_of_a_dead_relay_holds_nobody_up() {
    for world in both().await {
        world.relay();
        world.commit(&[world.event("a", 1)]).await;
        until("it works", || async { world.waiting().await == 0 }).await;
        // Killed; and the clock is set back by an hour before the next one starts.
        let world = world.restarted().await;
        world.jump(-HOUR);
        world.commit(&[world.event("a", 2)]).await;
        world.relay();
        until("it works again", || async { world.waiting().await == 0 }).await;
        assert_eq!(world.entries().await, 2);
    }
}

#[tokio::test]
async fn a_group_of_a_dead_process_is_free_after_a_jump() {
    let Some(world) = postgres().await else { return };
    let subscription = world.log.join("test.clock", &[Topic::CORE_TASK]).await.unwrap();
    let other = world.other_process().await;
    let waits = tokio::time::timeout(Duration::from_millis(1500), other.join("test.clock", &[Topic::CORE_TASK])).await;
    assert!(waits.is_err(), "it is held");
    // Its process is dead: it does not renew.
    std::mem::forget(subscription);
    world.jump(-HOUR);
    let joined = tokio::time::timeout(Duration::from_secs(5), other.join("test.clock", &[Topic::CORE_TASK])).await;
    joined.expect("not held up").unwrap();
}
