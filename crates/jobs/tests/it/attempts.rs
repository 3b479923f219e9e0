//! What becomes of jobs that are not done at the first attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use tasktracker_jobs::{JobError, NewJob, Outcome};

use crate::world::{Diary, Node, Store, a_while, does, done, eventually, job};

async fn started(store: &Store) -> Node {
    let node = store.node().await;
    node.jobs.start();
    node
}

#[tokio::test]
async fn a_failed_attempt_is_made_again_after_a_growing_pause() {
    for store in Store::both().await {
        let node = started(&store).await;
        let diary = Diary::default();
        let noted = diary.clone();
        node.on(
            "k",
            does(move |job| {
                noted.note(&job);
                async move {
                    match job.attempt {
                        4 => done(),
                        attempt => Err(JobError::retry(anyhow!("attempt {attempt}\0"))),
                    }
                }
            }),
        );
        let id = node.enqueue(job("k")).await;
        for (attempt, seconds) in [(1, 10), (2, 20), (3, 40)] {
            eventually("it failed", async || {
                let row = node.row(id).await;
                row.state == "ready" && row.attempt == attempt
            })
            .await;
            let row = node.row(id).await;
            assert_eq!(row.last_error, Some(format!("attempt {attempt} ")));
            let pause = row.run_time.micros() - node.now().micros();
            assert!(
                (seconds * 800_000..=seconds * 1_200_000).contains(&pause),
                "attempt {attempt}: {pause}"
            );
            // Not before.
            node.wait(u64::try_from(seconds).unwrap() * 8 / 10 - 1);
            a_while().await;
            assert_eq!(diary.len() as i64, attempt);
            node.wait(u64::try_from(seconds).unwrap());
        }
        let row = node.until(id, "succeeded").await;
        assert_eq!(row.attempt, 4);
        assert!(diary.jobs().iter().all(|job| job.max_attempts == 10 && !job.is_last_attempt()));
    }
}

#[tokio::test]
async fn after_the_last_attempt_it_has_failed() {
    for store in Store::both().await {
        let node = started(&store).await;
        node.on("k", does(|_| async { Err(JobError::retry(anyhow!("why").context("what"))) }));
        let id = node.enqueue(job("k").unique("key").max_attempts(2)).await;
        eventually("it failed once", async || node.row(id).await.last_error.is_some()).await;
        assert_eq!(node.row(id).await.state, "ready");
        node.wait(60);
        let row = node.until(id, "failed").await;
        assert_eq!((row.attempt, row.live_key, row.finish_time), (2, None, Some(node.now())));
        assert_eq!(row.last_error.as_deref(), Some("what: why"));
        node.wait(10_000);
        a_while().await;
        assert_eq!(node.row(id).await.attempt, 2);
    }
}

#[tokio::test]
async fn what_will_never_work_is_not_tried_again() {
    let store = Store::sqlite().await;
    let node = started(&store).await;
    node.on("k", does(|_| async { Err(JobError::discard(anyhow!("no"))) }));
    node.on("number", does(|job| async move { job.payload::<u32>().map(|_| Outcome::Done) }));
    let discarded = node.enqueue(job("k")).await;
    assert_eq!(node.until(discarded, "failed").await.attempt, 1);
    let damaged = node.enqueue(NewJob::new("number", &"seven")).await;
    let row = node.until(damaged, "failed").await;
    assert!(
        row.last_error.unwrap().starts_with("the payload cannot be read"),
        "says what is wrong"
    );
    let fine = node.enqueue(NewJob::new("number", &7)).await;
    node.until(fine, "succeeded").await;
}

#[tokio::test]
async fn a_handler_may_say_when() {
    for store in Store::both().await {
        let node = started(&store).await;
        node.on(
            "k",
            does(|job| async move {
                match job.attempt {
                    1 => Err(JobError::retry_after(Duration::from_secs(1000), anyhow!("busy"))),
                    _ => done(),
                }
            }),
        );
        let id = node.enqueue(job("k")).await;
        eventually("it was refused", async || node.row(id).await.last_error.is_some()).await;
        assert_eq!(node.row(id).await.run_time, node.now() + Duration::from_secs(1000));
        node.wait(999);
        a_while().await;
        assert_eq!(node.row(id).await.state, "ready");
        node.wait(1);
        node.until(id, "succeeded").await;
    }
}

#[tokio::test]
async fn snoozing_is_no_attempt() {
    for store in Store::both().await {
        let node = started(&store).await;
        let naps = Arc::new(AtomicU32::new(0));
        let count = naps.clone();
        node.on(
            "k",
            does(move |job| {
                let nap = count.fetch_add(1, Ordering::SeqCst) < 5;
                async move {
                    assert_eq!(job.attempt, 1);
                    Ok(if nap {
                        Outcome::Snooze(Duration::from_secs(30))
                    } else {
                        Outcome::Done
                    })
                }
            }),
        );
        let id = node.enqueue(job("k").max_attempts(1)).await;
        for nap in 1..=5 {
            eventually("it sleeps", async || {
                naps.load(Ordering::SeqCst) == nap && node.row(id).await.state == "ready"
            })
            .await;
            node.wait(30);
        }
        let row = node.until(id, "succeeded").await;
        assert_eq!((row.attempt, row.last_error), (1, None));
    }
}

#[tokio::test]
async fn a_panic_is_a_failed_attempt() {
    let store = Store::sqlite().await;
    let node = started(&store).await;
    node.on(
        "k",
        does(|job| {
            assert!(job.attempt > 1, "before there is a future");
            async move {
                assert!(job.attempt > 2, "in the future");
                done()
            }
        }),
    );
    let id = node.enqueue(job("k")).await;
    for text in ["panic: before there is a future", "panic: in the future"] {
        eventually(text, async || node.row(id).await.last_error.as_deref() == Some(text)).await;
        node.wait(100);
    }
    node.until(id, "succeeded").await;
    assert!(!node.lifecycle.stopping().is_cancelled(), "the process goes on");
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_broken_off() {
    let store = Store::sqlite().await;
    let node = started(&store).await;
    let mut handler = does(|job| async move {
        if job.attempt == 1 {
            std::future::pending::<()>().await;
        }
        done()
    });
    handler.timeout = Duration::from_millis(50);
    node.on("k", handler);
    let id = node.enqueue(job("k")).await;
    eventually("it is broken off", async || node.row(id).await.last_error.is_some()).await;
    assert_eq!(node.row(id).await.last_error.as_deref(), Some("broken off after 50ms"));
    node.wait(100);
    node.until(id, "succeeded").await;
}
