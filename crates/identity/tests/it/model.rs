//! Random changes, questions, delays and lost time against the plainest model: after a change was heard of, nothing older is believed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::Poll;

use futures_util::future::BoxFuture;
use futures_util::poll;
use proptest::prelude::*;
use tasktracker_identity::Granted;
use tasktracker_server::RpcError;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::auth::change;
use crate::world::*;

#[derive(Debug, Clone)]
enum Step {
    /// Somebody's right is given or taken.
    Set {
        user: usize,
        project: usize,
        allowed: bool,
    },
    /// A whole person or a whole project changes.
    TakeAll {
        user: Option<usize>,
        project: Option<usize>,
    },
    /// The oldest changes that were not told yet are told.
    Tell(usize),
    Ask {
        user: usize,
        project: usize,
    },
    List {
        user: usize,
    },
    /// A question whose answer is made now and arrives later.
    AskSlowly {
        user: usize,
        project: usize,
    },
    /// The slow answers arrive.
    Arrive,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let somebody = 0..3_usize;
    let somewhere = 0..3_usize;
    let step = prop_oneof![
        4 => (somebody.clone(), somewhere.clone(), any::<bool>()).prop_map(|(user, project, allowed)| Step::Set { user, project, allowed }),
        1 => (prop::option::of(somebody.clone()), prop::option::of(somewhere.clone())).prop_map(|(user, project)| Step::TakeAll { user, project }),
        4 => (1..4_usize).prop_map(Step::Tell),
        6 => (somebody.clone(), somewhere.clone()).prop_map(|(user, project)| Step::Ask { user, project }),
        2 => somebody.clone().prop_map(|user| Step::List { user }),
        2 => (somebody, somewhere).prop_map(|(user, project)| Step::AskSlowly { user, project }),
        2 => Just(Step::Arrive),
        2 => (1..3_000_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..60)
}

fn user(index: usize) -> Uuid {
    Uuid::from_u128(100 + index as u128)
}

fn project(index: usize) -> Uuid {
    Uuid::from_u128(200 + index as u128)
}

/// A revision, when it was made, and what became of the right.
type Event = (i64, u64, bool);

/// What was true when, and what the service was told.
#[derive(Default)]
struct Truth {
    /// For each person and project: the revisions at which it changed, with the time and what it became.
    history: HashMap<(usize, usize), Vec<Event>>,
    /// The newest change that was told, for each person and project.
    told: HashMap<(usize, usize), i64>,
    now: u64,
}

impl Truth {
    fn set(&mut self, key: (usize, usize), revision: i64, allowed: bool) {
        let now = self.now;
        self.history.entry(key).or_default().push((revision, now, allowed));
    }

    fn at(&self, key: (usize, usize), revision: i64) -> bool {
        let history = self.history.get(&key).map(Vec::as_slice).unwrap_or_default();
        history
            .iter()
            .rev()
            .find(|(at, ..)| *at <= revision)
            .is_some_and(|(.., allowed)| *allowed)
    }

    /// Whether it was so at some moment of the five seconds before `asked`, as far as the service could know.
    fn was_lately(&self, key: (usize, usize), allowed: bool, asked: u64) -> bool {
        let told = self.told.get(&key).copied().unwrap_or_default();
        let history = self.history.get(&key).map(Vec::as_slice).unwrap_or_default();
        // Each value holds until the next change; the one before the first change is "no".
        let values = std::iter::once(false).chain(history.iter().map(|(.., allowed)| *allowed));
        let ends = history.iter().map(|(revision, at, _)| Some((*revision, *at))).chain([None]);
        // A value is out where its end was told, or lies more than five seconds back.
        values
            .zip(ends)
            .any(|(was, end)| was == allowed && end.is_none_or(|(revision, at)| revision > told && asked <= at + 5_000))
    }

    fn check(&self, key: (usize, usize), granted: Granted, asked: u64) -> Result<(), TestCaseError> {
        let allowed = granted.has(VIEW);
        prop_assert_eq!(
            allowed,
            self.at(key, granted.revision),
            "{:?} at revision {}",
            key,
            granted.revision
        );
        prop_assert!(
            self.was_lately(key, allowed, asked),
            "{key:?}: {allowed} was told to be over, or is older than five seconds"
        );
        Ok(())
    }
}

/// A question whose answer was made but did not arrive.
struct Slow<'a> {
    key: (usize, usize),
    asked: u64,
    gate: Arc<Semaphore>,
    answer: BoxFuture<'a, Result<Granted, RpcError>>,
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let world = World::new();
    world.credential.header().await.unwrap();
    let mut truth = Truth::default();
    let mut untold = VecDeque::new();
    let mut slow: Vec<Slow<'_>> = Vec::new();
    for step in steps {
        match step {
            Step::Set {
                user: u,
                project: p,
                allowed,
            } => {
                let revision = world.auth.grant(user(u), Some(project(p)), if allowed { &[VIEW] } else { &[] });
                truth.set((u, p), revision, allowed);
                untold.push_back((revision, Some(u), Some(p)));
            }
            Step::TakeAll { user: u, project: p } => {
                let revision = world.auth.grant(user(9), None, &[]);
                for key in concerned(u, p) {
                    world.auth.state().grants.insert((user(key.0), Some(project(key.1))), Vec::new());
                    truth.set(key, revision, false);
                }
                untold.push_back((revision, u, p));
            }
            Step::Tell(count) => {
                for (revision, u, p) in untold.drain(..count.min(untold.len())) {
                    world.changes.apply(&change(revision, u.map(user), p.map(project)));
                    truth.told.extend(concerned(u, p).into_iter().map(|key| (key, revision)));
                }
            }
            Step::Ask { user: u, project: p } => {
                let granted = world.ask(user(u), project(p)).await.unwrap();
                truth.check((u, p), granted, truth.now)?;
            }
            Step::List { user: u } => {
                let listed = world.list(user(u)).await;
                for p in 0..3 {
                    let shown = listed.contains(&project(p));
                    prop_assert!(truth.was_lately((u, p), shown, truth.now), "user {u} project {p}: listed {shown}");
                }
            }
            Step::AskSlowly { user: u, project: p } => {
                let (gate, world) = (world.auth.hold(), &world);
                let mut answer: BoxFuture<'_, _> = Box::pin(async move { world.ask(user(u), project(p)).await });
                match poll!(answer.as_mut()) {
                    Poll::Ready(granted) => truth.check((u, p), granted.unwrap(), truth.now)?,
                    Poll::Pending => slow.push(Slow {
                        key: (u, p),
                        asked: truth.now,
                        gate,
                        answer,
                    }),
                }
                // Others are answered at once; this one waits at its own gate.
                world.auth.state().gate = None;
            }
            Step::Arrive => {
                for Slow { key, asked, gate, answer } in slow.drain(..) {
                    gate.add_permits(1);
                    truth.check(key, answer.await.unwrap(), asked)?;
                }
            }
            Step::Wait(millis) => {
                truth.now += millis;
                world.wait(millis);
            }
        }
    }
    Ok(())
}

/// The people and projects of a change.
fn concerned(user: Option<usize>, project: Option<usize>) -> Vec<(usize, usize)> {
    let all = (0..3).flat_map(|a| (0..3).map(move |b| (a, b)));
    all.filter(|(a, b)| user.is_none_or(|user| user == *a) && project.is_none_or(|project| project == *b))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn what_was_told_to_be_over_is_never_believed(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps))?;
    }
}
