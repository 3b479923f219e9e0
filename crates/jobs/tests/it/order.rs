//! Which job comes first.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::anyhow;
use tasktracker_jobs::{JobError, NewJob, Options};

use crate::world::{Diary, Gate, Store, a_while, does, done, eventually, job, options};

#[tokio::test]
async fn higher_priority_first_then_the_longest_due() {
    for store in Store::both().await {
        let one = Options {
            concurrency: 1,
            ..options()
        };
        let node = store.node_on(store.open().await, one);
        let diary = Diary::default();
        node.on("k", diary.handler());
        let at = |text: &str| text.parse().unwrap();
        node.enqueue(NewJob::new("k", &4).at(at("2026-05-01T11:00:00Z"))).await;
        node.enqueue(NewJob::new("k", &3).at(at("2026-05-01T10:00:00Z"))).await;
        node.enqueue(NewJob::new("k", &6).priority(-5)).await;
        node.enqueue(NewJob::new("k", &2).priority(5)).await;
        node.enqueue(NewJob::new("k", &5).at(at("2026-05-01T11:00:00Z"))).await;
        node.enqueue(NewJob::new("k", &1).priority(1000)).await;
        node.jobs.start();
        node.until_count("succeeded", 6).await;
        assert_eq!(diary.numbers(), [1, 2, 3, 4, 5, 6]);
    }
}

#[tokio::test]
async fn jobs_of_a_group_run_one_after_another_in_order() {
    for store in Store::both().await {
        let nodes = [store.node().await, store.node().await];
        let running: Arc<Mutex<HashMap<u32, u32>>> = Arc::default();
        let diary = Diary::default();
        for node in &nodes {
            let (running, diary) = (running.clone(), diary.clone());
            node.on(
                "k",
                does(move |job| {
                    let (running, diary) = (running.clone(), diary.clone());
                    async move {
                        let group = job.payload::<u32>().unwrap() / 100;
                        *running.lock().unwrap().entry(group).or_default() += 1;
                        assert_eq!(running.lock().unwrap()[&group], 1, "two of one group");
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        diary.note(&job);
                        *running.lock().unwrap().get_mut(&group).unwrap() -= 1;
                        done()
                    }
                }),
            );
        }
        for number in 0..20 {
            for group in 0..5 {
                let job = NewJob::new("k", &(group * 100 + number)).group(format!("g{group}"));
                // Neither priority nor time comes before the order of the group.
                nodes[0].enqueue(job.priority(number - 10)).await;
            }
        }
        nodes.iter().for_each(|node| node.jobs.start());
        nodes[0].until_count("succeeded", 100).await;
        for group in 0..5 {
            let done: Vec<u32> = diary.numbers().into_iter().filter(|number| number / 100 == group).collect();
            assert_eq!(done, (0..20).map(|number| group * 100 + number).collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn one_that_waits_holds_back_its_group_and_nobody_else() {
    for store in Store::both().await {
        let node = store.node().await;
        let diary = Diary::default();
        let noted = diary.clone();
        node.on(
            "k",
            does(move |job| {
                let number: u32 = job.payload().unwrap();
                let fails = number == 1 && job.attempt == 1;
                if !fails {
                    noted.note(&job);
                }
                async move { if fails { Err(JobError::retry(anyhow!("not yet"))) } else { done() } }
            }),
        );
        node.jobs.start();
        let first = node.enqueue(NewJob::new("k", &1).group("g")).await;
        let second = node.enqueue(NewJob::new("k", &2).group("g")).await;
        eventually("the first failed", async || node.row(first).await.last_error.is_some()).await;
        let other = node.enqueue(NewJob::new("k", &3).group("h")).await;
        let free = node.enqueue(NewJob::new("k", &4)).await;
        node.until(other, "succeeded").await;
        node.until(free, "succeeded").await;
        a_while().await;
        assert_eq!(node.row(second).await.state, "ready");
        node.wait(60);
        node.until(second, "succeeded").await;
        assert_eq!(diary.numbers()[2..], [1, 2]);
    }
}

#[tokio::test]
async fn so_many_at_once_and_no_more() {
    let store = Store::sqlite().await;
    let node = store.node().await;
    let gate = Gate::closed();
    node.on("k", gate.handler(done));
    node.jobs.start();
    for _ in 0..12 {
        node.enqueue(job("k")).await;
    }
    gate.until_begun(4).await;
    a_while().await;
    assert_eq!(gate.begun.load(Ordering::SeqCst), 4);
    // Jobs that take their time are not claimed ahead.
    assert_eq!(node.count("running").await, 4);
    gate.open(1);
    gate.until_begun(5).await;
    gate.open(11);
    node.until_count("succeeded", 12).await;
}
