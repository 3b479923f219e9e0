//! Mails about notifications: what they say, and when none is sent.

use std::fs;
use std::time::Duration;

use tasktracker_proto::core::v1::NotificationReason::{Assigned, Mentioned};
use tasktracker_proto::core::v1::*;

use super::*;

#[tokio::test]
async fn a_mail_says_what_happened_and_belongs_to_its_task() {
    let Scene {
        world, ada, linus, web, ..
    } = scene().await;
    let [welcome] = wait_for_mails(&world, &linus, 1).await.try_into().expect("one");
    assert_eq!(welcome.subject, "Welcome to Project WEB");
    let plan = ada.task_of(&web, task("Запуск <b>\u{202e}x", &[&linus])).await;
    let mails = wait_for_mails(&world, &linus, 2).await;
    let mail = &mails[1];
    assert_eq!(mail.subject, "WEB-1: Запуск <b> x");
    assert!(
        mail.text.starts_with("Hello linus,\n\nada assigned this task to you.\n"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("/tasks/WEB-1\n"), "{}", mail.text);
    assert!(mail.html.contains("WEB-1: Запуск &lt;b&gt; x") && !mail.html.contains("<b>"));
    assert!(mail.header("From").contains("Task Tracker"));
    assert!(mail.header("In-Reply-To").starts_with(&format!("<task.{}@", plan.id)));
    assert_eq!(mail.header("In-Reply-To"), mail.header("References"));
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("X-TaskTracker-Reason"), "assigned");
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(mail.header("List-ID").starts_with("<project.web."));
    assert!(mail.text.contains(&mail.unsubscribe_path()), "the same link for people");

    ada.comment(&plan, "words").await;
    let mails = wait_for_mails(&world, &linus, 3).await;
    assert_eq!(mails[2].subject, mails[1].subject, "one conversation");
    assert_eq!(mails[2].header("References"), mails[1].header("References"));
    assert_ne!(mails[2].header("Message-ID"), mails[1].header("Message-ID"));
    assert!(mails[2].text.contains("#comment-"));
    assert!(mails_to(&world, &ada).is_empty(), "she did it all");
}

#[tokio::test]
async fn what_is_read_in_time_needs_no_mail_and_the_like_needs_one() {
    let Scene {
        world, ada, linus, web, ..
    } = scene_with_mail_after(10_000).await;
    let plan = ada.task(&web, "Plan").await;
    linus.comment(&plan, "1").await;
    linus.comment(&plan, "2").await;
    let both = || async { unread(&ada).await.first().filter(|told| told.count == 2).cloned() };
    eventually("both are told", both).await;
    read_all(&ada).await;
    linus.comment(&plan, "3").await;
    linus.comment(&plan, "4").await;
    let told = eventually("both are told", both).await;
    assert!(mails_to(&world, &ada).is_empty(), "not before its time");
    world.advance(Duration::from_secs(10)).await;
    let [mail] = wait_for_mails(&world, &ada, 1).await.try_into().expect("one");
    assert!(mail.text.contains("2 new comments, the last one by linus."), "{}", mail.text);
    assert_eq!(told.task_key, "WEB-1");
}

#[tokio::test]
async fn who_may_not_view_it_any_more_and_what_is_gone_is_not_mailed() {
    let scene = scene_with_mail_after(10_000).await;
    let (world, ada, tim) = (&scene.world, &scene.ada, &scene.tim);
    let named = |title: &str| Task {
        description: format!("{} {}", mention(tim), mention(&scene.linus)),
        ..task(title, &[])
    };
    let deleted = ada.task_of(&scene.web, named("Deleted")).await;
    ada.task_of(&scene.web, named("Secret")).await;
    wait_for(tim, &[Mentioned, Mentioned]).await;
    wait_for(&scene.linus, &[Mentioned, Mentioned]).await;
    delete_task(ada, &deleted).await;
    remove_tim(&scene).await;
    world.advance(Duration::from_secs(10)).await;
    // Linus' mails come in their order: when there is the second, the first was decided.
    let [mail] = wait_for_mails(world, &scene.linus, 1).await.try_into().expect("one");
    assert_eq!(mail.subject, "WEB-2: Secret");
    let jobs = &world.system.core.jobs;
    eventually("all jobs were done", || async {
        (jobs.due_count().await.expect("counts") == 0).then_some(())
    })
    .await;
    // Tim comes back and is told of something else: nothing of before follows.
    ada.member(&scene.web, tim, "viewer").await;
    wait_for(tim, &[NotificationReason::MemberAdded, Mentioned]).await;
    world.advance(Duration::from_secs(10)).await;
    let [mail] = wait_for_mails(world, tim, 1).await.try_into().expect("one");
    assert_eq!(mail.subject, "Welcome to Project WEB");
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_loses_nothing() {
    let Scene {
        world, ada, linus, web, ..
    } = scene_with_mail_after(0).await;
    wait_for_mails(&world, &linus, 1).await;
    let mail = world.data_dir().join("mail");
    fs::remove_dir_all(&mail).expect("removes");
    fs::write(&mail, "in the way").expect("writes");
    for title in ["1", "2", "3"] {
        ada.task_of(&web, task(title, &[&linus])).await;
    }
    wait_for(&linus, &[Assigned; 3]).await;
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(fs::read(&mail).is_ok(), "nothing could be written");
    fs::remove_file(&mail).expect("removes");
    let subjects: Vec<String> = eventually("all mails", || async {
        world.clock.advance(Duration::from_secs(60));
        let mails = mails_to(&world, &linus);
        (mails.len() == 3).then(|| mails.into_iter().map(|mail| mail.subject).collect())
    })
    .await;
    assert_eq!(subjects, ["WEB-1: 1", "WEB-2: 2", "WEB-3: 3"]);
}

#[tokio::test]
async fn a_restart_loses_no_mail() {
    let Scene {
        world, ada, linus, web, ..
    } = scene_with_mail_after(10_000).await;
    ada.task_of(&web, task("Plan", &[&linus])).await;
    wait_for(&linus, &[Assigned]).await;
    let world = Box::pin(world.restart()).await;
    world.clock.advance(Duration::from_secs(10));
    let [mail] = wait_for_mails(&world, &linus, 1).await.try_into().expect("one");
    assert_eq!(mail.subject, "WEB-1: Plan");
}
