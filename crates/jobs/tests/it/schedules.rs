//! Schedules fire each slot once, at its time, whatever happens to processes and clocks.

use std::time::Duration;

use sea_orm::sea_query::{Order, Query};
use tasktracker_jobs::Schedule;

use crate::world::{Diary, Gate, Node, Store, a_while, done, eventually};

const HOURLY: Schedule = Schedule {
    name: "core.hourly",
    cron: "0 * * * *",
    time_zone: "UTC",
    kind: "tick",
    catch_up: Duration::from_secs(3 * 60 * 60),
};

async fn ticking(store: &Store, schedule: Schedule) -> (Node, Diary) {
    let node = store.node().await;
    let diary = Diary::default();
    node.on(schedule.kind, diary.handler());
    node.jobs.schedule(schedule);
    node.jobs.start();
    eventually("it is known", async || !next(&node).await.is_empty()).await;
    (node, diary)
}

async fn next(node: &Node) -> Vec<i64> {
    let query = Query::select()
        .column("next_fire_time")
        .from("schedules")
        .order_by("name", Order::Asc)
        .take();
    node.numbers(&query).await
}

/// Fired slots.
async fn fired(node: &Node) -> Vec<String> {
    let query = Query::select()
        .column("slot_time")
        .from("schedule_fires")
        .order_by("slot_time", Order::Asc)
        .take();
    let text = |micros| jiff::Timestamp::from_microsecond(micros).unwrap().to_string();
    node.numbers(&query).await.into_iter().map(text).collect()
}

fn set(node: &Node, moment: &str) {
    node.clock.set(moment.parse().unwrap());
}

async fn until_done(diary: &Diary, count: usize) {
    eventually("it ticks", async || diary.len() == count).await;
    a_while().await;
    assert_eq!(diary.len(), count);
}

#[tokio::test]
async fn each_slot_fires_once_at_its_time() {
    for store in Store::both().await {
        let (node, diary) = ticking(&store, HOURLY).await;
        a_while().await;
        assert_eq!(diary.len(), 0, "the slot of now is over");
        for hour in 1..4 {
            set(&node, &format!("2026-05-01T{}:59:59.999Z", 11 + hour));
            a_while().await;
            assert_eq!(diary.len(), hour - 1);
            node.clock.advance(Duration::from_secs(2));
            until_done(&diary, hour).await;
        }
        let done = &diary.jobs()[0];
        assert_eq!(done.unique_key.as_deref(), Some("core.hourly@2026-05-01T13:00:00Z"));
        assert_eq!(done.run_time.to_string(), "2026-05-01T13:00:00Z");
    }
}

#[tokio::test]
async fn several_workers_fire_a_slot_once() {
    for store in Store::both().await {
        let nodes = [
            ticking(&store, HOURLY).await,
            ticking(&store, HOURLY).await,
            ticking(&store, HOURLY).await,
        ];
        for round in 1..=5 {
            store.clock.advance(Duration::from_secs(60 * 60));
            let total = || nodes.iter().map(|(_, diary)| diary.len()).sum::<usize>();
            eventually("it ticks", async || total() == round).await;
            a_while().await;
            assert_eq!(total(), round);
        }
        assert_eq!(fired(&nodes[0].0).await.len(), 5);
        assert_eq!(nodes[0].0.rows().await.len(), 5);
    }
}

#[tokio::test]
async fn missed_slots_are_made_up_for_by_the_last() {
    for store in Store::both().await {
        let (node, diary) = ticking(&store, HOURLY).await;
        set(&node, "2026-05-01T13:00:01Z");
        until_done(&diary, 1).await;
        node.stop().await;
        // Down for some hours: the last slot is within the catch-up.
        set(&node, "2026-05-01T18:30:00Z");
        let (node, diary) = ticking(&store, HOURLY).await;
        until_done(&diary, 1).await;
        assert_eq!(fired(&node).await, ["2026-05-01T13:00:00Z", "2026-05-01T18:00:00Z"]);
        node.stop().await;
        // Down again, for no slot at all.
        set(&node, "2026-05-01T18:45:00Z");
        let (node, diary) = ticking(&store, HOURLY).await;
        a_while().await;
        assert_eq!(diary.len(), 0);
        set(&node, "2026-05-01T19:00:00Z");
        until_done(&diary, 1).await;
    }
}

#[tokio::test]
async fn slots_older_than_the_catch_up_are_skipped() {
    for store in Store::both().await {
        let daily = Schedule {
            cron: "15 3 * * *",
            ..HOURLY
        };
        let (node, _) = ticking(&store, daily).await;
        node.stop().await;
        set(&node, "2026-05-05T06:15:01Z");
        let (node, diary) = ticking(&store, daily).await;
        eventually("it goes on", async || {
            next(&node).await == ["2026-05-06T03:15:00Z".parse::<jiff::Timestamp>().unwrap().as_microsecond()]
        })
        .await;
        a_while().await;
        assert_eq!((diary.len(), fired(&node).await.len()), (0, 0));
        set(&node, "2026-05-06T03:15:00Z");
        until_done(&diary, 1).await;
    }
}

#[tokio::test]
async fn clock_changes_neither_double_nor_drop_a_slot() {
    // Europe/Berlin 2026: forward on 29 March at 01:00 UTC, back on 25 October at 01:00 UTC.
    let nightly = Schedule {
        cron: "30 2 * * *",
        time_zone: "Europe/Berlin",
        ..HOURLY
    };
    for (from, wanted) in [
        (
            "2026-03-28T00:00:00Z",
            ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        ),
        (
            "2026-10-24T00:00:00Z",
            ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        ),
    ] {
        let store = Store::sqlite().await;
        store.clock.set(from.parse().unwrap());
        let (node, diary) = ticking(&store, nightly).await;
        for _ in 0..72 * 4 {
            node.clock.advance(Duration::from_secs(15 * 60));
            // The schedule is looked at in each quarter of an hour.
            let now = node.now().micros();
            eventually("it looked", async || next(&node).await[0] > now).await;
            // Otherwise the next slot would be left out.
            eventually("it is done", async || diary.len() == fired(&node).await.len()).await;
        }
        assert_eq!(diary.len(), 3);
        assert_eq!(fired(&node).await, wanted);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_fires_no_slot_again_and_stalls_nothing() {
    for store in Store::both().await {
        let often = Schedule {
            cron: "*/15 * * * *",
            ..HOURLY
        };
        let (node, diary) = ticking(&store, often).await;
        for count in 1..=2 {
            node.clock.advance(Duration::from_secs(15 * 60));
            until_done(&diary, count).await;
        }
        // 12:30 becomes 11:30: the slots 11:45 and 12:00 were never fired, 12:15 and 12:30 were.
        node.clock.set("2026-05-01T11:30:00Z".parse().unwrap());
        a_while().await;
        for (count, moment) in [(3, "11:45"), (4, "12:00"), (4, "12:15"), (4, "12:30"), (5, "12:45")] {
            set(&node, &format!("2026-05-01T{moment}:00Z"));
            until_done(&diary, count).await;
        }
        // A clock that was wrong by years leaves no schedule for years.
        set(&node, "2036-05-01T12:00:00Z");
        until_done(&diary, 6).await;
        set(&node, "2026-05-01T13:00:00Z");
        a_while().await;
        set(&node, "2026-05-01T13:15:00Z");
        until_done(&diary, 7).await;
    }
}

#[tokio::test]
async fn a_changed_cron_counts_from_now_and_a_schedule_without_code_is_gone() {
    for store in Store::both().await {
        let (node, _) = ticking(&store, HOURLY).await;
        node.stop().await;
        let daily = Schedule {
            cron: "0 6 * * *",
            kind: "tock",
            ..HOURLY
        };
        set(&node, "2026-05-01T15:10:00Z");
        let (node, diary) = ticking(&store, daily).await;
        eventually("it is changed", async || {
            next(&node).await == ["2026-05-02T06:00:00Z".parse::<jiff::Timestamp>().unwrap().as_microsecond()]
        })
        .await;
        a_while().await;
        assert_eq!(diary.len(), 0);
        node.stop().await;
        let without = store.node().await;
        without.jobs.start();
        eventually("it is gone", async || next(&without).await.is_empty()).await;
    }
}

#[tokio::test]
async fn a_slot_is_left_out_while_the_one_before_waits() {
    let store = Store::sqlite().await;
    let node = store.node().await;
    let gate = Gate::closed();
    node.on("tick", gate.handler(done));
    node.jobs.schedule(HOURLY);
    node.jobs.start();
    eventually("it is known", async || !next(&node).await.is_empty()).await;
    for round in 1..=5 {
        node.clock.advance(Duration::from_secs(60 * 60));
        eventually("it fired", async || fired(&node).await.len() == round).await;
    }
    // One runs, one waits, three were left out.
    gate.until_begun(1).await;
    assert_eq!(node.rows().await.len(), 2);
    gate.open(2);
    node.until_count("succeeded", 2).await;
}

#[test]
fn a_schedule_that_cannot_be_is_refused() {
    assert!(HOURLY.check().is_ok());
    let bad = Schedule { cron: "often", ..HOURLY };
    assert!(bad.check().unwrap_err().to_string().starts_with("schedule core.hourly: the cron"));
    let nowhere = Schedule {
        time_zone: "Europe/Atlantis",
        ..HOURLY
    };
    assert!(nowhere.check().is_err());
}
