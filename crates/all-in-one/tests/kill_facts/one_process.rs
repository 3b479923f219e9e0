//! Everything in one process, which is killed and started again.

use std::path::Path;
use std::time::Duration;

use tasktracker_testing::Process;

use super::check::check;
use super::story::{self, Patience};
use super::uploads::resume;
use super::{random, rounds};

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_an_acknowledged_write_follows_once_whatever_is_killed() {
    let program = Path::new(env!("CARGO_BIN_EXE_tasktracker"));
    let folder = tempfile::tempdir().expect("a directory");
    let data_dir = folder.path().join("data");

    let mut server = Process::start(program, &data_dir).await;
    let story = story::begin(&server).await;
    for _ in 0..rounds() {
        let busy = story.people(&server, Patience::UntilItFails).await;
        tokio::time::sleep(Duration::from_millis(random(400, 1500))).await;
        server.kill();
        busy.join_all().await;

        server = Process::start(program, &data_dir).await;
        resume(&server, &story).await;
        check(&server, &story).await;
    }
    assert!(server.stop().await.success());
}
