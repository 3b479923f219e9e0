//! What Files does without being asked.

use std::time::Duration;

use tasktracker_files::blob::Area;
use tasktracker_files::db::{files, places};
use tasktracker_files::jobs::scrub::{self, Finding};
use tasktracker_files::jobs::{purge, sweep};
use tasktracker_testing::World;
use tonic::Code;
use uuid::Uuid;

use crate::scene::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn sweep_now(world: &World) {
    sweep::sweep(&world.system.files).await.expect("sweeps");
}

async fn room(scene: &Scene) -> (i64, i64, i64) {
    let reader = scene.world.system.files.db.reader();
    let project = places::find_project(reader, Uuid::try_parse(&scene.web.id).expect("an id"))
        .await
        .expect("reads")
        .expect("known");
    let task = places::find_task(reader, Uuid::try_parse(&scene.task.id).expect("an id"))
        .await
        .expect("reads")
        .expect("known");
    (project.used_bytes, project.reserved_bytes, task.file_count)
}

#[tokio::test]
async fn abandoned_uploads_are_forgotten_and_give_their_room_back() {
    let scene = scene().await;
    let upload_id = scene.linus.announce(&scene.task, "a", &[0; 1000]).await;
    scene.linus.write(&upload_id, 0, &[0; 10]).await.expect("writes");
    let file = scene.linus.put(&scene.task, "b", &[0; 100]).await;
    assert_eq!(room(&scene).await, (100, 1000, 2));
    sweep_now(&scene.world).await;
    assert_eq!(room(&scene).await, (100, 1000, 2), "its time is not over");
    scene.world.advance(DAY).await;
    sweep_now(&scene.world).await;
    assert_eq!(room(&scene).await, (100, 0, 1));
    assert!(!is_coming(&scene.world, &upload_id).await && is_kept(&scene.world, &file.id).await);
    assert_eq!(scene.linus.get_upload(&upload_id).await.expect("reads").state, 3);
    // After a week nothing is left of it; of the file only the file.
    scene.world.advance(8 * DAY).await;
    sweep_now(&scene.world).await;
    assert_eq!(code(scene.linus.get_upload(&upload_id).await), Code::NotFound);
    assert_eq!(code(scene.linus.get_upload(&file.id).await), Code::NotFound);
    assert!(scene.linus.download(&file.id).await.is_ok());
}

#[tokio::test]
async fn bytes_that_belong_to_nothing_are_removed_after_a_day() {
    let Scene { world, linus, task, .. } = scene().await;
    let file = linus.put(&task, "a", b"1").await;
    let pending = linus.announce(&task, "b", b"12").await;
    linus.write(&pending, 0, b"1").await.expect("writes");
    let stray = world.system.files.ids.next().to_string();
    for area in [Area::Objects, Area::Incoming] {
        lay(&world, area, &stray, b"stray").await;
    }
    let foreign = incoming(&world, "README");
    if let Some(foreign) = &foreign {
        std::fs::write(foreign, "somebody else's").expect("writes");
    }
    sweep_now(&world).await;
    assert!(is_kept(&world, &stray).await && is_coming(&world, &stray).await, "they are young");
    world.advance(DAY - Duration::from_secs(60)).await;
    world.clock.advance(Duration::from_secs(30));
    sweep_now(&world).await;
    assert!(is_coming(&world, &pending).await);
    world.clock.advance(Duration::from_secs(90));
    sweep_now(&world).await;
    for gone in [
        is_kept(&world, &stray).await,
        is_coming(&world, &stray).await,
        is_coming(&world, &pending).await,
    ] {
        assert!(!gone);
    }
    assert!(is_kept(&world, &file.id).await && foreign.is_none_or(|foreign| foreign.exists()));
}

#[tokio::test]
async fn a_deletion_outlives_a_crash_before_its_content_is_removed() {
    let Scene { world, linus, task, .. } = scene().await;
    let file = linus.put(&task, "a", b"1").await;
    let app = world.system.files.clone();
    // As if killed between commit and removal: the row says deleted, the content is there.
    let mut row = files::find(app.db.reader(), Uuid::try_parse(&file.id).expect("an id"))
        .await
        .expect("reads")
        .expect("there");
    row.leave(tasktracker_files::domain::file::FileState::Deleted, app.now());
    let mut txn = app.db.begin();
    files::save(&mut txn, &row, 1);
    txn.commit().await.expect("commits");
    assert!(is_kept(&world, &file.id).await);
    for _ in 0..2 {
        purge::purge(&app).await.expect("purges");
    }
    assert!(!is_kept(&world, &file.id).await);
    assert!(files::find(app.db.reader(), row.id).await.expect("reads").is_none());
}

#[tokio::test]
async fn contents_are_compared_with_their_checksums() {
    let Scene { world, linus, task, .. } = scene().await;
    let contents = [noise(300_000, 1), noise(300_000, 2), noise(10, 3)];
    let mut made = Vec::new();
    for content in &contents {
        made.push(linus.put(&task, "a", content).await);
    }
    let mut rotten = contents[1].clone();
    rotten[299_999] ^= 0x80;
    lay(&world, Area::Objects, &made[1].id, &rotten).await;
    lose(&world, &made[2].id).await;
    let app = world.system.files.clone();
    let mut findings = Vec::new();
    for file in &made {
        let file = files::find(app.db.reader(), Uuid::try_parse(&file.id).expect("an id"))
            .await
            .expect("reads")
            .expect("there");
        findings.push(scrub::check(&app, &file).await.expect("looks"));
    }
    assert_eq!(findings, [Finding::Good, Finding::Damaged, Finding::Missing]);

    // Everything is looked at once a day, and no more often.
    let waiting = async || {
        let before = app.now() - jiff::Span::new().hours(20);
        files::find_unchecked(app.db.reader(), before).await.expect("reads").is_some()
    };
    assert!(!waiting().await);
    world.clock.advance(DAY);
    assert!(waiting().await);
    scrub::scrub(&app, app.lifecycle.stopping()).await.expect("looks");
    assert!(!waiting().await);
}
