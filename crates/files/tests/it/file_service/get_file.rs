//! GetFile.

use tasktracker_testing::problem;

use crate::scene::*;

#[tokio::test]
async fn who_sees_the_task_sees_its_files() {
    let Scene {
        world,
        linus,
        tim,
        eve,
        task,
        ..
    } = scene().await;
    let file = linus.put(&task, "a.txt", b"words").await;
    let seen = tim.get(&file.id).await.expect("reads").into_inner().file.expect("a file");
    assert_eq!(seen, file);
    let hidden = problem(eve.get(&file.id).await);
    assert_eq!(hidden, problem(tim.get(MISSING).await), "hidden is missing");
    assert_eq!(hidden.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(problem(tim.get("x").await).fields(), ["file_id"]);
    drop(world);
}

#[tokio::test]
async fn an_upload_is_no_file_until_it_is_completed() {
    let Scene { world, linus, task, .. } = scene().await;
    let upload_id = linus.announce(&task, "a", b"1").await;
    linus.write(&upload_id, 0, b"1").await.expect("writes");
    assert_eq!(code(linus.get(&upload_id).await), tonic::Code::NotFound);
    assert_eq!(code(linus.download(&upload_id).await), tonic::Code::NotFound);
    assert_eq!(code(linus.delete(&upload_id).await), tonic::Code::NotFound);
    let refused = linus.complete(&upload_id, &sha256(b"2")).await;
    assert_eq!(problem(refused).reason, "CHECKSUM_MISMATCH");
    assert_eq!(code(linus.download(&upload_id).await), tonic::Code::NotFound);
    drop(world);
}
