//! Whatever happens to whom and when: writers at once, relays and groups killed at any moment, a publisher that fails and takes parts. In the
//! end each group has seen each key's versions complete and in order, and each effect has happened once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use tasktracker_events::{Reaction, Topic};
use tokio_util::sync::CancellationToken;

use crate::faults::Unreliable;
use crate::reactions::{Effects, Notes, version};
use crate::world::{World, postgres, sqlite, until};

const TASKS: &[Topic] = &[Topic::CORE_TASK];
const KEYS: [&str; 3] = ["a", "b", "c"];

/// What happens, in milliseconds and numbers of keys.
#[derive(Debug, Clone)]
struct Plan {
    /// Of each writer: which key it changes, and how long before the commit the fact gets its id.
    writers: Vec<Vec<(usize, u64)>>,
    /// How long each relay lives.
    relays: Vec<u64>,
    /// How long each holder of the groups lives.
    holders: Vec<u64>,
    seed: u64,
    batch: usize,
}

fn plans() -> impl Strategy<Value = Plan> {
    let writer = prop::collection::vec((0..KEYS.len(), 0..6_u64), 1..12);
    let writers = prop::collection::vec(writer, 1..5);
    let lives = || prop::collection::vec(1..40_u64, 0..8);
    (writers, lives(), lives(), any::<u64>(), 1..6_usize).prop_map(|(writers, relays, holders, seed, batch)| Plan {
        writers,
        relays,
        holders,
        seed,
        batch,
    })
}

async fn live(world: Arc<World>, plan: Plan) {
    let changes: usize = plan.writers.iter().map(Vec::len).sum();
    let mut writers = tokio::task::JoinSet::new();
    for work in plan.writers.clone() {
        let world = Arc::clone(&world);
        writers.spawn(async move {
            for (key, pause) in work {
                world.change(KEYS[key], Duration::from_millis(pause)).await;
            }
        });
    }
    let notes = Notes::new("test.notes", TASKS, plan.batch);
    let effects: Arc<dyn Reaction> = Arc::new(Effects {
        group: "test.effects",
        database: world.owner.clone(),
        clock: world.shared_clock(),
    });
    let publisher = Unreliable::new(world.publisher(), plan.seed);
    let relays = async {
        for life in &plan.relays {
            // Nobody comes for the lease of a dead one before it has run out.
            world.pass_leases();
            let _ = tokio::time::timeout(Duration::from_millis(*life), world.mortal_relay(Arc::clone(&publisher) as _)).await;
        }
    };
    let groups = async {
        for life in &plan.holders {
            let consumers = world.consumers();
            let never = CancellationToken::new;
            let work = async {
                tokio::join!(
                    consumers.run(Arc::clone(&notes) as _, never()),
                    consumers.run(Arc::clone(&effects), never())
                )
            };
            let _ = tokio::time::timeout(Duration::from_millis(*life), work).await;
        }
    };
    tokio::join!(relays, groups);
    while let Some(written) = writers.join_next().await {
        written.unwrap();
    }

    world.pass_leases();
    world.relay_to(publisher);
    world.start(Arc::clone(&notes) as _);
    world.start(effects);
    until("everything is published", || async { world.waiting().await == 0 }).await;
    assert_eq!(world.entries().await, i64::try_from(changes).unwrap());
    until("everything is handled", || async { distinct(&notes) == changes }).await;
    until("every effect happened", || async { world.effect_count().await >= changes }).await;

    let mut seen: HashMap<String, Vec<i64>> = HashMap::new();
    let mut known = HashSet::new();
    for event in notes.events() {
        if known.insert(event.event_id) {
            seen.entry(event.key.clone()).or_default().push(version(&event));
        }
    }
    for key in KEYS {
        let complete: Vec<i64> = (1..=world.version(key).await).collect();
        assert_eq!(seen.remove(key).unwrap_or_default(), complete, "what the group saw of {key}");
        assert_eq!(world.effects(key).await, complete, "what happened because of {key}");
    }
    world.lifecycle.stop();
    world.lifecycle.finished().await.unwrap();
}

fn distinct(notes: &Notes) -> usize {
    notes.events().iter().map(|event| event.event_id).collect::<HashSet<_>>().len()
}

impl World {
    /// Versions of which there is an effect, in the order in which they happened.
    pub async fn effects(&self, key: &str) -> Vec<i64> {
        let query = Query::select()
            .column("version")
            .from("effects")
            .and_where(Expr::col("event_key").eq(key))
            .order_by("id", Order::Asc)
            .take();
        let rows = self.owner.reader().query_all(&query).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    async fn effect_count(&self) -> usize {
        let query = Query::select().expr(Expr::cust("count(*)")).from("effects").take();
        usize::try_from(crate::world::number(&self.owner, &query).await).unwrap()
    }
}

fn run(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(work);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_complete_and_in_order(plan in plans()) {
        run(async { live(Arc::new(sqlite().await), plan).await });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 10, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_complete_and_in_order_on_postgresql(plan in plans()) {
        run(async {
            if let Some(world) = postgres().await {
                live(Arc::new(world), plan).await;
            }
        });
    }
}
