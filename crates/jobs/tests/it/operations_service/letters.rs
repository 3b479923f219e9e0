//! Dead letters of a group that handles an event only when its payload says `fine`.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, Query};
use tasktracker_database::{Id, Time};
use tasktracker_events::transport::{Place, SubscribeError, Subscription};
use tasktracker_events::{Consumers, DeadLetters, Event, ReactError, Reaction, Subscriber, Topic};
use tasktracker_server::clock::Clock;
use tasktracker_server::ids::Ids;
use uuid::Uuid;

use super::Office;
use crate::world::Node;

pub const GROUP: &str = "core.picky";

struct Picky;

impl Reaction for Picky {
    fn group(&self) -> &'static str {
        GROUP
    }

    fn topics(&self) -> &'static [Topic] {
        &[Topic::CORE_TASK]
    }

    fn react<'a>(&'a self, events: &'a [Event]) -> BoxFuture<'a, Result<(), ReactError>> {
        Box::pin(async move {
            match events.iter().all(|event| &*event.payload == b"fine") {
                true => Ok(()),
                false => Err(ReactError::poison(anyhow::anyhow!("still not fine"))),
            }
        })
    }
}

/// Events never come: these tests are about those that came before.
#[derive(Debug)]
struct Silent;

impl Subscriber for Silent {
    fn join<'a>(&'a self, _: &'a str, _: &'a [Topic]) -> BoxFuture<'a, Result<Box<dyn Subscription>, SubscribeError>> {
        Box::pin(std::future::pending())
    }

    fn ends<'a>(&'a self, _: &'a [Topic]) -> BoxFuture<'a, Result<Vec<Place>, SubscribeError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn unhandled<'a>(&'a self, _: &'a str, _: &'a [Topic]) -> BoxFuture<'a, Result<u64, SubscribeError>> {
        Box::pin(async { Ok(0) })
    }
}

pub fn of(node: &Node) -> DeadLetters {
    let ids = Ids::system(node.clock.clone());
    let consumers = Consumers::new("core", node.db.clone(), Arc::new(Silent), node.clock.clone(), ids, &node.lifecycle);
    consumers.start(Arc::new(Picky));
    consumers.dead_letters()
}

impl Office {
    /// A dead letter, as the consumer loop writes it.
    pub async fn letter(&self, number: u128, group: &str, payload: &[u8]) -> String {
        let id = Uuid::from_u128(0xde00 + number).to_string();
        let now = Time::from(self.core.clock.now());
        let mut txn = self.core.db.begin();
        txn.insert(
            Query::insert()
                .into_table("dead_letters")
                .columns([
                    "id",
                    "consumer",
                    "identity",
                    "topic",
                    "position",
                    "event_key",
                    "event_id",
                    "occur_time",
                    "payload",
                    "error",
                    "attempts",
                    "create_time",
                    "partition",
                ])
                .values_panic([
                    Expr::val(id.as_str()),
                    Expr::val(group),
                    Expr::val(id.as_str()),
                    Expr::val(Topic::CORE_TASK.name),
                    Expr::val(i64::try_from(number).unwrap()),
                    Expr::val("a task"),
                    Expr::val(Id(Uuid::from_u128(number))),
                    Expr::val(now),
                    Expr::val(payload.to_vec()),
                    Expr::val("not fine"),
                    Expr::val(5_i64),
                    Expr::val(now),
                    Expr::val(7_i64),
                ])
                .take(),
        );
        txn.commit().await.unwrap();
        id
    }

    pub async fn letters(&self) -> u64 {
        self.letters.count().await.unwrap()
    }
}
