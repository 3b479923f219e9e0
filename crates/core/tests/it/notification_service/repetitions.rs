//! Events that come again: after a crash, or because somebody replays them.

use bytes::Bytes;
use futures_util::future::join_all;
use prost::Message;
use tasktracker_core::consumers::notifications::Notifications;
use tasktracker_events::{Event, Reaction, Topic, meta};
use tasktracker_proto::core::v1::NotificationReason::{Assigned, Commented};
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{CommentCreated, TaskCreated, TaskDeleted, TaskEvent, TaskSnapshot};
use uuid::Uuid;

use super::*;

/// An event about a task, at a place where nothing else is.
fn event(scene: &Scene, task: &Task, by: &User, kind: Kind) -> Event {
    let core = &scene.world.system.core;
    let (event_id, now) = (core.ids.next(), core.now());
    let told = TaskEvent {
        meta: Some(meta(event_id, now, Uuid::try_parse(&by.id).ok(), "core", "")),
        task_id: task.id.clone(),
        project_id: task.project_id.clone(),
        version: 1,
        after: Some(TaskSnapshot {
            assignee_ids: task.assignee_ids.clone(),
            ..TaskSnapshot::default()
        }),
        before: None,
        kind: Some(kind),
    };
    Event {
        topic: Topic::CORE_TASK,
        partition: 0,
        position: 1,
        key: task.id.clone(),
        event_id,
        occur_time: now,
        payload: Bytes::from(told.encode_to_vec()),
    }
}

fn comment_by(scene: &Scene, task: &Task, by: &User) -> Event {
    let kind = Kind::CommentCreated(CommentCreated {
        comment_id: scene.world.system.core.ids.next().to_string(),
        mentioned_user_ids: Vec::new(),
    });
    event(scene, task, by, kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_often_tells_once() {
    let scene = scene().await;
    let plan = scene.ada.task_of(&scene.web, task("Plan", &[&scene.linus])).await;
    wait_for(&scene.linus, &[Assigned]).await;
    read_all(&scene.linus).await;

    let reaction = Notifications::new(scene.world.system.core.clone());
    let events: Vec<Event> = (0..5).map(|_| comment_by(&scene, &plan, &scene.tim)).collect();
    // In one batch, again in it, in parts, and from many at once.
    reaction.react(&events).await.expect("tells");
    let twice = [events.clone(), events.clone()].concat();
    reaction.react(&twice).await.expect("tells");
    join_all(events.chunks(2).map(|part| reaction.react(part)))
        .await
        .into_iter()
        .for_each(|outcome| outcome.expect("tells"));
    for user in [&scene.ada, &scene.linus] {
        let [told] = wait_for(user, &[Commented]).await.try_into().expect("one");
        assert_eq!(told.count, 5);
        assert_eq!(told.actor_id, scene.tim.id);
    }
    read_all(&scene.ada).await;
    let fresh = vec![comment_by(&scene, &plan, &scene.tim), events[0].clone()];
    join_all((0..4).map(|_| reaction.react(&fresh)))
        .await
        .into_iter()
        // Whoever is beaten too often tries again later, as the consumer does.
        .for_each(|outcome| assert!(outcome.is_ok() || matches!(outcome, Err(tasktracker_events::ReactError::Transient(_)))));
    reaction.react(&fresh).await.expect("tells");
    let [told] = wait_for(&scene.ada, &[Commented]).await.try_into().expect("one");
    assert_eq!(told.count, 1, "what was read does not come back");
}

#[tokio::test]
async fn what_leads_to_nobody_costs_no_statement() {
    let scene = scene().await;
    let plan = scene.ada.task(&scene.web, "Plan").await;
    let reaction = Notifications::new(scene.world.system.core.clone());
    let quiet = [
        event(&scene, &plan, &scene.ada, Kind::Created(TaskCreated::default())),
        event(&scene, &plan, &scene.ada, Kind::Deleted(TaskDeleted {})),
    ];
    let counts = || scene.world.system.core.db.counts().transactions;
    let before = counts();
    reaction.react(&quiet).await.expect("tells nobody");
    assert_eq!(counts(), before);
    assert!(unread(&scene.linus).await.is_empty());
}

#[tokio::test]
async fn a_damaged_event_is_poison_and_a_kind_of_the_future_is_nothing() {
    let scene = scene().await;
    let plan = scene.ada.task(&scene.web, "Plan").await;
    let reaction = Notifications::new(scene.world.system.core.clone());
    let good = comment_by(&scene, &plan, &scene.tim);
    let damaged = Event {
        payload: Bytes::from_static(b"\xff\xff\xff"),
        ..good.clone()
    };
    let outcome = reaction.react(&[damaged]).await;
    assert!(matches!(outcome, Err(tasktracker_events::ReactError::Poison(_))), "{outcome:?}");
    let mut told = TaskEvent::decode(good.payload.clone()).expect("an event");
    told.kind = None;
    let future = Event {
        payload: Bytes::from(told.encode_to_vec()),
        ..good
    };
    reaction.react(&[future]).await.expect("skips it");
    assert!(unread(&scene.ada).await.is_empty());
}
