//! GetUnsubscribePage.

use tasktracker_proto::core::v1::NotificationReason::Assigned;
use tasktracker_proto::core::v1::*;
use tasktracker_testing::problem;

use super::*;

#[tokio::test]
async fn the_page_asks_in_the_browser_s_language_and_changes_nothing() {
    let Scene {
        world, ada, linus, web, ..
    } = scene().await;
    ada.task_of(&web, task("Plan", &[&linus])).await;
    wait_for(&linus, &[Assigned]).await;
    let path = wait_for_mails(&world, &linus, 2).await[1].unsubscribe_path();
    for (languages, text) in [
        ("ru-RU,ru;q=0.9,en;q=0.8", "Вы больше не будете получать писем об этой задаче."),
        ("en-GB", "You will get no more mails about this task."),
        ("", "You will get no more mails about this task."),
    ] {
        let answer = reqwest::Client::new()
            .get(format!("http://{}{path}", world.address))
            .header("accept-language", languages)
            .send()
            .await
            .expect("answers");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let page = answer.text().await.expect("a page");
        assert!(
            page.contains(text) && page.contains("<form method=\"post\">") && !page.contains("Plan"),
            "{page}"
        );
    }
    let plan = ada.task_of(&web, task("Another", &[&linus])).await;
    assert_eq!(wait_for_mails(&world, &linus, 3).await[2].subject, format!("{}: Another", plan.key));
}

#[tokio::test]
async fn a_token_of_nobody_is_refused() {
    let world = World::start().await;
    for token in ["", "x", &"x".repeat(3000)] {
        let request = GetUnsubscribePageRequest { token: token.to_owned() };
        let refused = problem(world.stranger().notifications().get_unsubscribe_page(request).await);
        assert_eq!(
            (refused.reason.as_str(), refused.fields()),
            ("INVALID_FIELDS", vec!["token"]),
            "{token:?}"
        );
    }
}
