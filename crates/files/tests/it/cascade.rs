//! Files follow their task and its project.

use std::time::Duration;

use tasktracker_events::{Event, Fact, Reaction, meta};
use tasktracker_files::consumers::Cascade;
use tasktracker_files::db::places;
use tasktracker_proto::core::v1::*;
use tasktracker_proto::events::v1::task_event::Kind;
use tasktracker_proto::events::v1::{ProjectEvent, TaskDeleted, TaskEvent, TaskPurged, TaskRestored};
use tonic::Code;
use uuid::Uuid;

use crate::scene::*;

async fn delete(person: &Person, task: &Task) {
    let request = DeleteTaskRequest {
        task_id: task.id.clone(),
        ..DeleteTaskRequest::default()
    };
    person.tasks().delete_task(request).await.expect("deletes");
}

#[tokio::test]
async fn files_of_a_task_in_the_trash_are_hidden_and_come_back() {
    let Scene {
        world, ada, linus, task, ..
    } = scene().await;
    let file = linus.put(&task, "a", b"words").await;
    delete(&ada, &task).await;
    until("the file is hidden", || async {
        ada.get(&file.id).await.is_err_and(|status| status.code() == Code::NotFound)
    })
    .await;
    assert_eq!(code(ada.download(&file.id).await), Code::NotFound);
    assert_eq!(code(ada.delete(&file.id).await), Code::NotFound);
    assert_eq!(code(ada.list(&task.id).await), Code::NotFound);
    let request = UndeleteTaskRequest {
        task_id: task.id.clone(),
        ..UndeleteTaskRequest::default()
    };
    ada.tasks().undelete_task(request).await.expect("restores");
    until("the file is back", || async {
        linus.download(&file.id).await.is_ok_and(|down| down.bytes == b"words")
    })
    .await;
    assert_eq!(linus.list(&task.id).await.expect("lists"), [file]);
    drop(world);
}

#[tokio::test]
async fn files_of_a_deleted_project_are_hidden() {
    let Scene {
        world,
        ada,
        linus,
        web,
        task,
        ..
    } = scene().await;
    let file = linus.put(&task, "a", b"words").await;
    let request = DeleteProjectRequest {
        project_id: web.id.clone(),
        ..DeleteProjectRequest::default()
    };
    ada.projects().delete_project(request).await.expect("deletes");
    until("the file is hidden", || async {
        ada.get(&file.id).await.is_err_and(|status| status.code() == Code::NotFound)
    })
    .await;
    let request = UndeleteProjectRequest {
        project_id: web.id.clone(),
        ..UndeleteProjectRequest::default()
    };
    ada.projects().undelete_project(request).await.expect("restores");
    until("the file is back", || async { ada.get(&file.id).await.is_ok() }).await;
    drop(world);
}

fn event<F: Fact>(fact: &F) -> Event {
    let meta = fact.meta().expect("a meta");
    Event {
        topic: F::TOPIC,
        partition: 0,
        position: 1,
        key: fact.key().to_owned(),
        event_id: Uuid::try_parse(&meta.event_id).expect("an id"),
        occur_time: tasktracker_testing::BEGINNING.parse().expect("a moment"),
        payload: fact.encode_to_vec().into(),
    }
}

fn told(task: &Task, version: i64, kind: Kind) -> Event {
    event(&TaskEvent {
        meta: Some(meta(
            Uuid::max(),
            tasktracker_testing::BEGINNING.parse().expect("a moment"),
            None,
            "core",
            "",
        )),
        task_id: task.id.clone(),
        project_id: task.project_id.clone(),
        version,
        kind: Some(kind),
        ..TaskEvent::default()
    })
}

#[tokio::test]
async fn what_is_gone_for_good_takes_its_files_along() {
    let Scene {
        world,
        ada,
        linus,
        web,
        task,
        ..
    } = scene_with(|files| files.project_quota_bytes = 100).await;
    let file = linus.put(&task, "a", b"words").await;
    let upload_id = linus.announce(&task, "b", &[0; 90]).await;
    let cascade = Cascade::new(world.system.files.clone());
    let purged = told(&task, 9, Kind::Purged(TaskPurged {}));
    for _ in 0..2 {
        cascade.react(std::slice::from_ref(&purged)).await.expect("reacts");
    }
    assert_eq!(code(ada.get(&file.id).await), Code::NotFound);
    assert_eq!(linus.get_upload(&upload_id).await.expect("reads").state, 3);
    assert!(!incoming(&world, &upload_id).exists());
    until("its content is removed", || async { !object(&world, &file.id).exists() }).await;
    let project_id = Uuid::try_parse(&web.id).expect("an id");
    let project = places::find_project(world.system.files.db.reader(), project_id)
        .await
        .expect("reads")
        .expect("known");
    assert_eq!((project.used_bytes, project.reserved_bytes), (0, 0));
}

#[tokio::test]
async fn a_purged_project_leaves_nothing() {
    let Scene {
        world,
        ada,
        linus,
        web,
        task,
        ..
    } = scene().await;
    let other = ada.task(&web, "u").await;
    let files = [linus.put(&task, "a", b"1").await, linus.put(&other, "b", b"22").await];
    let purged = event(&ProjectEvent {
        meta: Some(meta(
            Uuid::max(),
            tasktracker_testing::BEGINNING.parse().expect("a moment"),
            None,
            "core",
            "",
        )),
        project_id: web.id.clone(),
        version: 1,
        purged: true,
        ..ProjectEvent::default()
    });
    Cascade::new(world.system.files.clone()).react(&[purged]).await.expect("reacts");
    for file in &files {
        assert_eq!(code(ada.get(&file.id).await), Code::NotFound);
        until("its content is removed", || async { !object(&world, &file.id).exists() }).await;
    }
    let project_id = Uuid::try_parse(&web.id).expect("an id");
    assert!(
        places::find_project(world.system.files.db.reader(), project_id)
            .await
            .expect("reads")
            .is_none()
    );
}

#[tokio::test]
async fn older_news_changes_nothing() {
    let Scene { world, linus, task, .. } = scene().await;
    let file = linus.put(&task, "a", b"words").await;
    let cascade = Cascade::new(world.system.files.clone());
    let restored = told(&task, 7, Kind::Restored(TaskRestored {}));
    let deleted = told(&task, 6, Kind::Deleted(TaskDeleted {}));
    cascade.react(&[restored.clone(), deleted.clone()]).await.expect("reacts");
    assert!(linus.get(&file.id).await.is_ok());
    cascade
        .react(&[told(&task, 8, Kind::Deleted(TaskDeleted {})), restored, deleted])
        .await
        .expect("reacts");
    assert_eq!(code(linus.get(&file.id).await), Code::NotFound);
}

#[tokio::test]
async fn a_task_of_whose_deletion_was_heard_first_takes_no_files() {
    let Scene { world, linus, task, .. } = scene().await;
    let cascade = Cascade::new(world.system.files.clone());
    cascade
        .react(&[told(&task, 6, Kind::Deleted(TaskDeleted {}))])
        .await
        .expect("reacts");
    // Core says that it is there, the event is newer for all we know: try again later.
    let refused = linus.uploads().create_upload(announcement(&task, "a", b"1")).await;
    assert_eq!(code(refused), Code::Aborted);
    tokio::time::sleep(Duration::from_millis(1)).await;
    cascade
        .react(&[told(&task, 7, Kind::Restored(TaskRestored {}))])
        .await
        .expect("reacts");
    linus.put(&task, "a", b"1").await;
}

#[tokio::test]
async fn a_damaged_event_is_poison() {
    let Scene { world, task, .. } = scene().await;
    let cascade = Cascade::new(world.system.files.clone());
    let mut damaged = told(&task, 1, Kind::Deleted(TaskDeleted {}));
    damaged.payload = vec![0xff; 7].into();
    let mut nameless = event(&TaskEvent {
        meta: Some(meta(
            Uuid::max(),
            tasktracker_testing::BEGINNING.parse().expect("a moment"),
            None,
            "core",
            "",
        )),
        task_id: "x".to_owned(),
        kind: Some(Kind::Deleted(TaskDeleted {})),
        ..TaskEvent::default()
    });
    nameless.position = 2;
    for event in [damaged, nameless] {
        let refused = cascade.react(&[event]).await.expect_err("poison");
        assert!(matches!(refused, tasktracker_events::ReactError::Poison(_)), "{refused}");
    }
}
