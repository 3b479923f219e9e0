//! How many messages a second, and at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tasktracker_mail::{MailError, Mailer, Message, Paced};
use tokio::sync::Semaphore;

use crate::sample;

/// A carrier that counts what it has at once, and lets go of one for each permit.
#[derive(Debug)]
struct Gate {
    at_once: AtomicUsize,
    most: AtomicUsize,
    open: Semaphore,
}

impl Gate {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            at_once: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            open: Semaphore::new(permits),
        })
    }
}

#[derive(Debug, Clone)]
struct Carrier(Arc<Gate>);

impl Mailer for Carrier {
    fn send<'a>(&'a self, _: &'a Message) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(async move {
            let now = self.0.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.0.most.fetch_max(now, Ordering::SeqCst);
            self.0.open.acquire().await.expect("open").forget();
            self.0.at_once.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        })
    }
}

/// Time stands still but for waiting, so what is measured is what was waited for.
#[tokio::test(start_paused = true)]
async fn messages_are_spread_evenly() {
    let gate = Gate::new(100);
    let mailer = Paced::new(Carrier(gate), 5.0, 10);
    let message = sample::message();
    let begin = sample::now();
    join_all((0..11).map(|_| mailer.send(&message))).await;
    assert_eq!(
        begin.elapsed().as_millis(),
        2000,
        "the first at once, ten a fifth of a second apart"
    );
    // What was not sent in a quiet time is no credit.
    tokio::time::advance(Duration::from_secs(60)).await;
    let begin = sample::now();
    join_all((0..6).map(|_| mailer.send(&message))).await;
    assert_eq!(begin.elapsed().as_millis(), 1000);
}

#[tokio::test(start_paused = true)]
async fn without_a_rate_nothing_waits() {
    let mailer = Paced::new(Carrier(Gate::new(100)), 0.0, 10);
    let message = sample::message();
    let begin = sample::now();
    join_all((0..50).map(|_| mailer.send(&message))).await;
    assert!(begin.elapsed().is_zero());
}

#[tokio::test]
async fn no_more_than_so_many_are_on_their_way() {
    let gate = Gate::new(0);
    let mailer = Paced::new(Carrier(gate.clone()), 0.0, 3);
    let message = sample::message();
    let all = join_all((0..20).map(|_| mailer.send(&message)));
    let release = async {
        while gate.at_once.load(Ordering::SeqCst) < 3 {
            tokio::task::yield_now().await;
        }
        gate.open.add_permits(20);
    };
    let (sent, ()) = futures_util::join!(all, release);
    assert_eq!(sent.into_iter().filter(Result::is_ok).count(), 20);
    assert_eq!(gate.most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn who_no_longer_waits_takes_no_turn() {
    let mailer = Paced::new(Carrier(Gate::new(100)), 1.0, 10);
    let message = sample::message();
    mailer.send(&message).await.expect("sends");
    let begin = sample::now();
    let given_up = tokio::time::timeout(Duration::from_millis(500), mailer.send(&message)).await;
    assert!(given_up.is_err());
    mailer.send(&message).await.expect("sends");
    assert_eq!(begin.elapsed().as_millis(), 1000);
}
