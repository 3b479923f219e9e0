//! What the log keeps, and for how long.

use std::time::Duration;

use tasktracker_events::log::KEEP;
use tasktracker_events::{Delivery, Subscriber, Topic};

use crate::log::publish;
use crate::world::{World, both};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn read_all(world: &World, group: &str, topic: Topic) -> Vec<i64> {
    let mut subscription = world.log.join(group, &[topic]).await.unwrap();
    let mut positions = Vec::new();
    let end = world.log.ends()[topic.name];
    while positions.last() != Some(&end) {
        let fetched = subscription.fetch(500).await.unwrap();
        assert_eq!(fetched.missing, 0);
        positions.extend(fetched.deliveries.iter().map(Delivery::position));
        subscription.store(fetched.end).await.unwrap();
    }
    subscription.leave().await;
    positions
}

#[tokio::test]
async fn what_all_groups_handled_is_removed_after_a_while() {
    for world in both().await {
        publish(&world, Topic::CORE_TASK, "a", 1..=5).await;
        read_all(&world, "test.one", Topic::CORE_TASK).await;
        read_all(&world, "test.two", Topic::CORE_TASK).await;
        assert_eq!(world.log.sweep().await.unwrap(), 0, "it is kept for replays and new groups");
        world.clock.advance(KEEP + DAY);
        publish(&world, Topic::CORE_TASK, "a", 6..=7).await;
        assert_eq!(world.log.sweep().await.unwrap(), 5);
        assert_eq!(read_all(&world, "test.three", Topic::CORE_TASK).await, [6, 7]);
    }
}

#[tokio::test]
async fn what_a_group_has_not_handled_stays() {
    for world in both().await {
        publish(&world, Topic::CORE_TASK, "a", 1..=5).await;
        read_all(&world, "test.quick", Topic::CORE_TASK).await;
        let mut slow = world.log.join("test.slow", &[Topic::CORE_TASK]).await.unwrap();
        let fetched = slow.fetch(2).await.unwrap();
        slow.store(fetched.end).await.unwrap();
        world.clock.advance(KEEP + DAY);
        assert_eq!(world.log.sweep().await.unwrap(), 2);
        drop(slow);
        assert_eq!(read_all(&world, "test.slow", Topic::CORE_TASK).await, [3, 4, 5]);
    }
}

#[tokio::test]
async fn a_group_that_nobody_held_for_a_month_holds_nothing_back() {
    for world in both().await {
        world.log.join("test.gone", &[Topic::CORE_TASK]).await.unwrap().leave().await;
        publish(&world, Topic::CORE_TASK, "a", 1..=5).await;
        world.clock.advance(DAY * 29);
        assert_eq!(world.log.sweep().await.unwrap(), 0);
        world.clock.advance(DAY * 2);
        assert_eq!(world.log.sweep().await.unwrap(), 5);
        // Should it come again, it is told.
        publish(&world, Topic::CORE_TASK, "a", 6..=6).await;
        let mut gone = world.log.join("test.gone", &[Topic::CORE_TASK]).await.unwrap();
        assert_eq!(gone.fetch(10).await.unwrap().missing, 5);
    }
}

#[tokio::test]
async fn a_topic_that_a_group_reads_no_more_is_not_held_back_by_it() {
    for world in both().await {
        publish(&world, Topic::CORE_TASK, "a", 1..=3).await;
        let both = [Topic::CORE_TASK, Topic::AUTH_ACCESS];
        world.log.join("test.less", &both).await.unwrap().leave().await;
        world.clock.advance(KEEP + DAY);
        assert_eq!(world.log.sweep().await.unwrap(), 0);
        assert_eq!(world.log.unhandled().await.unwrap(), 3);
        world.log.join("test.less", &[Topic::AUTH_ACCESS]).await.unwrap().leave().await;
        assert_eq!(world.log.sweep().await.unwrap(), 3);
        assert_eq!(world.log.unhandled().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn the_newest_event_of_each_key_of_a_state_stays_for_ever() {
    for world in both().await {
        for (key, last) in [("a", 3), ("b", 1), ("c", 2)] {
            publish(&world, Topic::AUTH_USER, key, 1..=last).await;
        }
        read_all(&world, "test.states", Topic::AUTH_USER).await;
        world.clock.advance(KEEP + DAY * 400);
        assert_eq!(world.log.sweep().await.unwrap(), 3);
        assert_eq!(read_all(&world, "test.newcomers", Topic::AUTH_USER).await, [3, 4, 6]);
        assert_eq!(world.log.sweep().await.unwrap(), 0);
    }
}
