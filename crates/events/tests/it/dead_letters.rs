//! What could not be handled: kept as it came, looked at, handled again, thrown away.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use tasktracker_database::Id;
use tasktracker_events::log::schema;
use tasktracker_events::transport::Outgoing;
use tasktracker_events::{DeadLetters, Publisher, ReplayError, Topic};

use crate::log::{outgoing, publish};
use crate::reactions::{Fate, Notes, version};
use crate::world::{World, both, until};

const TASKS: &[Topic] = &[Topic::CORE_TASK];
const GROUP: &str = "test.poisoned";

fn always_poison() -> Arc<Notes> {
    Notes::deciding(GROUP, TASKS, 1, |_, _| Fate::Poison)
}

async fn until_dead(letters: &DeadLetters, count: u64) {
    until("the dead letters are there", || async { letters.count().await.unwrap() == count }).await;
}

#[tokio::test]
async fn a_dead_letter_says_all_that_is_known() {
    for world in both().await {
        let notes = always_poison();
        let letters = world.start(Arc::clone(&notes) as _);
        let sent = publish(&world, Topic::CORE_TASK, "a", 7..=7).await.remove(0);
        until_dead(&letters, 1).await;
        let letter = letters.list(None, None, 10).await.unwrap().remove(0);
        assert_eq!(letters.find(letter.id).await.unwrap().as_ref(), Some(&letter));
        assert_eq!((letter.service.as_str(), letter.group.as_str()), ("core", GROUP));
        assert_eq!(
            (letter.topic.as_str(), letter.event_type),
            (Topic::CORE_TASK.name, Topic::CORE_TASK.event_type)
        );
        assert_eq!((letter.position, letter.key.as_str()), (1, "a"));
        assert_eq!((&letter.event_id, &letter.payload), (&sent.event_id, &sent.payload));
        assert_eq!((letter.error.as_str(), letter.attempts), ("nobody can handle this", 3));
        assert_eq!(letter.create_time.timestamp(), world.now());
        assert_eq!(letter.occur_time.unwrap().timestamp(), sent.occur_time);
    }
}

#[tokio::test]
async fn a_replay_that_works_removes_it_and_one_that_fails_does_not() {
    for world in both().await {
        let notes = always_poison();
        let letters = world.start(Arc::clone(&notes) as _);
        let sent = publish(&world, Topic::CORE_TASK, "a", 1..=1).await.remove(0);
        until_dead(&letters, 1).await;
        let id = letters.list(None, None, 1).await.unwrap()[0].id;

        let failed = letters.replay(id).await.unwrap_err();
        assert!(
            matches!(&failed, ReplayError::Failed(error) if error == "nobody can handle this"),
            "{failed}"
        );
        assert_eq!(letters.find(id).await.unwrap().unwrap().attempts, 4);

        notes.heal();
        letters.replay(id).await.unwrap();
        assert_eq!(letters.count().await.unwrap(), 0);
        assert_eq!(notes.events()[0].payload, sent.payload);
        assert!(matches!(letters.replay(id).await, Err(ReplayError::NotFound)));
    }
}

#[tokio::test]
async fn a_discarded_one_is_gone() {
    for world in both().await {
        let letters = world.start(always_poison());
        publish(&world, Topic::CORE_TASK, "a", 1..=1).await;
        until_dead(&letters, 1).await;
        let id = letters.list(None, None, 1).await.unwrap()[0].id;
        assert!(letters.discard(id).await.unwrap());
        assert!(!letters.discard(id).await.unwrap());
        assert_eq!(letters.find(id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn pages_go_from_new_to_old() {
    for world in both().await {
        let letters = world.start(always_poison());
        for round in 1..=3 {
            publish(&world, Topic::CORE_TASK, "a", round..=round).await;
            publish(&world, Topic::CORE_TASK, "b", round..=round).await;
            until_dead(&letters, u64::try_from(round).unwrap() * 2).await;
            world.clock.advance(Duration::from_secs(60));
        }
        let mut pages: Vec<i64> = Vec::new();
        let mut after = None;
        loop {
            let page = letters.list(Some(GROUP), after, 4).await.unwrap();
            pages.extend(page.iter().map(|letter| letter.position));
            let Some(last) = page.last() else { break };
            after = Some((last.create_time, last.id));
        }
        assert_eq!(pages, [6, 5, 4, 3, 2, 1]);
        assert_eq!(letters.list(Some("test.others"), None, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_same_event_is_one_dead_letter_however_often_it_comes() {
    for world in both().await {
        let stop = tokio_util::sync::CancellationToken::new();
        let notes = always_poison();
        let consumers = world.consumers();
        let letters = consumers.dead_letters();
        publish(&world, Topic::CORE_TASK, "a", 1..=2).await;
        let work = consumers.run(Arc::clone(&notes) as _, stop.clone());
        tokio::join!(work, async {
            until_dead(&letters, 2).await;
            stop.cancel();
        });
        let before = letters.list(None, None, 10).await.unwrap();

        // As after a crash between dead letter and position.
        let mut txn = world.events.begin();
        txn.update(
            Query::update()
                .table(schema::POSITIONS)
                .value("position", 0)
                .and_where(Expr::col("consumer").eq(GROUP))
                .take(),
        );
        txn.commit().await.unwrap();
        world.clock.advance(Duration::from_secs(5));
        world.start(Arc::clone(&notes) as _);
        until("both failed again", || async { notes.tries("a") == 12 }).await;
        until("both were replaced", || async {
            let now = letters.list(None, None, 10).await.unwrap();
            now.iter().all(|letter| letter.create_time > before[0].create_time)
        })
        .await;
        let after = letters.list(None, None, 10).await.unwrap();
        let ids = |letters: &[tasktracker_events::DeadLetter]| letters.iter().map(|letter| letter.id).collect::<Vec<Id>>();
        assert_eq!(ids(&before), ids(&after));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_as_it_came() {
    for world in both().await {
        let notes = Notes::deciding(
            GROUP,
            TASKS,
            4,
            |event, _| if version(event) < 0 { Fate::Poison } else { Fate::Fine },
        );
        let letters = world.start(Arc::clone(&notes) as _);
        let events = [
            outgoing(&world, Topic::CORE_TASK, "a", 1),
            Outgoing {
                payload: vec![0xff, 0xff, 0xff].into(),
                ..outgoing(&world, Topic::CORE_TASK, "damaged", 2)
            },
            Outgoing {
                event_id: "no id".to_owned(),
                ..outgoing(&world, Topic::CORE_TASK, "nameless", 3)
            },
            outgoing(&world, Topic::CORE_TASK, "a", 4),
        ];
        world.log.publish("core", 1, &events).await.unwrap();
        until("the others are handled", || async { notes.handled().len() == 2 }).await;
        until_dead(&letters, 2).await;
        let mut found = letters.list(None, None, 10).await.unwrap();
        found.sort_by_key(|letter| letter.position);
        for (letter, sent) in found.iter().zip(&events[1..=2]) {
            assert_eq!(
                (&letter.key, &letter.event_id, &letter.payload),
                (&sent.key, &sent.event_id, &sent.payload)
            );
        }
        assert!(found[1].error.contains("no UUID"), "{}", found[1].error);
        let failed = letters.replay(found[1].id).await.unwrap_err();
        assert!(
            matches!(&failed, ReplayError::Failed(error) if error.contains("no UUID")),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn a_group_of_another_process_is_not_replayed_here() {
    for world in both().await {
        let letters = world.start(always_poison());
        publish(&world, Topic::CORE_TASK, "a", 1..=1).await;
        until_dead(&letters, 1).await;
        let elsewhere = World::consumers(&world).dead_letters();
        let id = elsewhere.list(None, None, 1).await.unwrap()[0].id;
        let failed = elsewhere.replay(id).await.unwrap_err();
        assert!(matches!(failed, ReplayError::Failed(_)), "{failed}");
        assert_eq!(elsewhere.count().await.unwrap(), 1);
    }
}
