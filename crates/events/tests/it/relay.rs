//! From the outbox to the log: everything, once, in order, and by one holder at a time.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use tasktracker_database::Time;
use tasktracker_events::log::schema;
use tasktracker_events::transport::Outgoing;
use tasktracker_events::{Fact, Publisher, Topic, outbox};
use tasktracker_proto::events::v1::TaskEvent;

use crate::faults::{Gate, Moment, Unreliable};
use crate::world::{World, both, until};

/// Versions of a key in the log, in its order.
async fn versions(world: &World, key: &str) -> Vec<i64> {
    let query = Query::select()
        .column("payload")
        .from(schema::ENTRIES)
        .and_where(Expr::col("event_key").eq(key))
        .order_by("position", sea_orm::Order::Asc)
        .take();
    let rows = world.events.reader().query_all(&query).await.unwrap();
    rows.iter()
        .map(|row| {
            let payload: Vec<u8> = row.try_get_by_index(0).unwrap();
            <TaskEvent as prost::Message>::decode(payload.as_slice()).unwrap().version
        })
        .collect()
}

/// Positions of all entries of the topic.
async fn positions(world: &World) -> Vec<i64> {
    let query = Query::select()
        .column("position")
        .from(schema::ENTRIES)
        .and_where(Expr::col("topic").eq(Topic::CORE_TASK.name))
        .order_by("position", sea_orm::Order::Asc)
        .take();
    let rows = world.events.reader().query_all(&query).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn until_empty(world: &World) {
    until("the outbox is empty", || async { world.waiting().await == 0 }).await;
}

fn facts(world: &World, keys: &[&str], versions: std::ops::RangeInclusive<i64>) -> Vec<TaskEvent> {
    versions
        .flat_map(|version| keys.iter().map(move |key| (*key, version)))
        .map(|(key, version)| world.event(key, version))
        .collect()
}

#[tokio::test]
async fn facts_get_dense_positions_in_order() {
    for world in both().await {
        world.commit(&facts(&world, &["a", "b"], 1..=10)).await;
        let relay = world.relay();
        until_empty(&world).await;
        world.commit(&facts(&world, &["a", "b"], 11..=12)).await;
        relay.wake();
        until_empty(&world).await;

        assert_eq!(positions(&world).await, (1..=24).collect::<Vec<i64>>());
        assert_eq!(versions(&world, "a").await, (1..=12).collect::<Vec<i64>>());
        assert_eq!(world.log.ends()[Topic::CORE_TASK.name], 24);
        world.lifecycle.stop();
        world.lifecycle.finished().await.unwrap();
    }
}

#[tokio::test]
async fn a_publisher_that_fails_and_takes_parts_changes_nothing_in_the_end() {
    for world in both().await {
        world.commit(&facts(&world, &["a", "b", "c"], 1..=20)).await;
        world.relay_to(Unreliable::new(world.publisher(), 7));
        until_empty(&world).await;
        for key in ["a", "b", "c"] {
            assert_eq!(versions(&world, key).await, (1..=20).collect::<Vec<i64>>());
        }
        assert_eq!(positions(&world).await, (1..=60).collect::<Vec<i64>>());
    }
}

#[tokio::test]
async fn a_relay_that_is_killed_between_publishing_and_removing_repeats_nothing() {
    for world in both().await {
        world.commit(&facts(&world, &["a"], 1..=5)).await;
        let gate = Gate::new(world.publisher(), Moment::After);
        tokio::select! {
            () = world.mortal_relay(Arc::clone(&gate) as _) => unreachable!("it works for ever"),
            () = gate.reached() => {}
        }
        assert_eq!(world.entries().await, 5);
        assert_eq!(world.waiting().await, 5);

        world.pass_leases();
        world.relay();
        until_empty(&world).await;
        assert_eq!(versions(&world, "a").await, [1, 2, 3, 4, 5]);
    }
}

#[tokio::test]
async fn a_killed_process_is_followed_at_once_on_sqlite() {
    let world = crate::world::sqlite().await;
    let gate = Gate::new(world.publisher(), Moment::Before);
    world.commit(&facts(&world, &["a"], 1..=1)).await;
    tokio::select! {
        () = world.mortal_relay(Arc::clone(&gate) as _) => unreachable!("it works for ever"),
        () = gate.reached() => {}
    }
    // No time passes, and the lease is still in the table.
    let world = world.restarted().await;
    world.relay();
    until_empty(&world).await;
    assert_eq!(versions(&world, "a").await, [1]);
}

#[tokio::test]
async fn a_stopped_relay_leaves_its_lease_to_the_next() {
    for world in both().await {
        world.relay();
        until("the relay holds the lease", || async {
            owner(&world).await.is_some_and(|owner| !owner.is_empty())
        })
        .await;
        world.lifecycle.stop();
        world.lifecycle.finished().await.unwrap();
        // No time passes.
        let world = world.restarted().await;
        assert_eq!(owner(&world).await.as_deref(), Some(""));
        world.commit(&facts(&world, &["a"], 1..=2)).await;
        world.relay();
        until_empty(&world).await;
    }
}

async fn owner(world: &World) -> Option<String> {
    let query = Query::select().column("owner").from(outbox::LEASE_TABLE).take();
    let row = world.owner.reader().query_one(&query).await.unwrap();
    row.map(|row| row.try_get_by_index(0).unwrap())
}

#[tokio::test]
async fn a_paused_old_relay_is_fenced_by_the_log() {
    for world in both().await {
        world.commit(&facts(&world, &["a"], 1..=3)).await;
        let gate = Gate::new(world.publisher(), Moment::Before);
        world.relay_to(Arc::clone(&gate) as _);
        gate.reached().await;

        world.pass_leases();
        world.relay();
        until_empty(&world).await;
        // The one that stood still all the time publishes what it had read.
        gate.open();
        world.commit(&facts(&world, &["a"], 4..=6)).await;
        until_empty(&world).await;

        assert_eq!(versions(&world, "a").await, [1, 2, 3, 4, 5, 6]);
        assert_eq!(positions(&world).await, [1, 2, 3, 4, 5, 6]);
    }
}

#[tokio::test]
async fn a_paused_old_relay_removes_nothing() {
    for world in both().await {
        let gate = Gate::new(world.publisher(), Moment::After);
        world.commit(&facts(&world, &["a"], 1..=2)).await;
        world.relay_to(Arc::clone(&gate) as _);
        gate.reached().await;

        // Another one takes over, and is killed before it removes anything.
        world.pass_leases();
        let second = Gate::new(world.publisher(), Moment::After);
        tokio::select! {
            () = world.mortal_relay(Arc::clone(&second) as _) => unreachable!("it works for ever"),
            () = second.reached() => {}
        }
        gate.open();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(world.waiting().await, 2, "its token is not the newest any more");
        world.pass_leases();
        until_empty(&world).await;
        assert_eq!(versions(&world, "a").await, [1, 2]);
    }
}

#[tokio::test]
async fn a_row_with_a_lower_id_that_comes_late_is_not_removed_unsent() {
    for world in both().await {
        let [early, late] = [world.event("late", 1), world.event("early", 1)];
        insert(&world, 10, &late).await;
        let gate = Gate::new(world.publisher(), Moment::Before);
        world.relay_to(Arc::clone(&gate) as _);
        gate.reached().await;
        // The batch was read; now a transaction commits that drew its id before.
        insert(&world, 5, &early).await;
        gate.open();
        until_empty(&world).await;
        assert_eq!(versions(&world, "late").await, [1]);
        assert_eq!(versions(&world, "early").await, [1]);
    }
}

async fn insert(world: &World, id: i64, event: &TaskEvent) {
    let meta = event.meta.clone().unwrap();
    let insert = Query::insert()
        .into_table(outbox::TABLE)
        .columns(["id", "topic", "event_key", "event_id", "occur_time", "payload"])
        .values_panic([
            id.into(),
            TaskEvent::TOPIC.name.into(),
            event.task_id.as_str().into(),
            meta.event_id.into(),
            Expr::val(Time::from(world.now())),
            Expr::val(prost::Message::encode_to_vec(event)),
        ])
        .take();
    let mut txn = world.owner.begin();
    txn.insert(insert);
    txn.commit().await.unwrap();
}

/// Ids are drawn before commits: what commits later is delivered later, and in the order of its key all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_commit_out_of_order_lose_nothing() {
    for world in both().await {
        world.relay();
        let world = Arc::new(world);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..4_u64 {
            let world = Arc::clone(&world);
            writers.spawn(async move {
                for round in 0..6_u64 {
                    let name = ["a", "b", "c"][usize::try_from((writer + round) % 3).unwrap()];
                    world.change(name, Duration::from_millis((writer * 7 + round * 3) % 11)).await;
                }
            });
        }
        writers.join_all().await;
        until_empty(&world).await;
        for key in ["a", "b", "c"] {
            let last = world.version(key).await;
            assert_eq!(versions(&world, key).await, (1..=last).collect::<Vec<i64>>(), "of {key}");
        }
        assert_eq!(world.entries().await, 24);
    }
}

#[tokio::test]
async fn a_database_from_a_backup_overtakes_the_token_that_the_log_knows() {
    for world in both().await {
        // The log heard of holder 50; the database, restored, counts from 1 again.
        world.log.publish("core", 50, &[]).await.unwrap();
        world.commit(&facts(&world, &["a"], 1..=2)).await;
        world.relay();
        until_empty(&world).await;
        assert_eq!(versions(&world, "a").await, [1, 2]);
    }
}

#[tokio::test]
async fn two_facts_of_one_transaction_have_two_ids() {
    for world in both().await {
        let event = world.event("a", 1);
        let mut txn = world.owner.begin();
        outbox::append(&mut txn, &event);
        outbox::append(&mut txn, &TaskEvent { version: 2, ..event });
        let error = txn.commit().await.unwrap_err();
        assert!(error.unique(outbox::TABLE, &["event_id"]), "{error}");
    }
}

#[tokio::test]
async fn a_topic_that_this_program_does_not_know_is_published_too() {
    for world in both().await {
        let event = world.event("a", 1);
        let outgoing = Outgoing {
            topic: "tasktracker.later.thing.v1".to_owned(),
            key: "a".to_owned(),
            event_id: event.meta.unwrap().event_id,
            occur_time: world.now(),
            payload: vec![1, 2, 3].into(),
        };
        assert_eq!(world.log.publish("core", 1, &[outgoing]).await.unwrap(), 1);
        assert_eq!(world.log.ends()["tasktracker.later.thing.v1"], 1);
    }
}

#[tokio::test]
async fn an_idle_relay_and_an_idle_log_write_nothing() {
    let world = crate::world::sqlite().await;
    world.relay();
    world.start(crate::reactions::Notes::new("test.idle", &[Topic::CORE_TASK], 1));
    until("the group has joined", || async { world.events.counts().commits >= 1 }).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (owner, events) = (world.owner.counts(), world.events.counts());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.owner.counts().commits, owner.commits);
    assert_eq!(world.events.counts().commits, events.commits);
    assert!(world.owner.counts().reads - owner.reads <= 6, "one probe each 200 ms");
    assert!(
        world.events.counts().reads - events.reads <= 5,
        "one probe each 250 ms, however many groups"
    );
}
