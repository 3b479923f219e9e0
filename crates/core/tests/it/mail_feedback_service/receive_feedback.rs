//! ReceiveFeedback.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tasktracker_core::admin;
use tasktracker_proto::core::v1::ReceiveFeedbackRequest;
use tasktracker_proto::google::api::HttpBody;
use tasktracker_testing::{Problem, World, problem};

use super::sns::{Sns, TOPIC};

const LINUS: &str = "linus@example.com";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn world() -> (World, Arc<Sns>) {
    let sns = Sns::start();
    let fetch = sns.clone();
    // Boxed, because starting a world is a large future.
    let world = Box::pin(World::start_with(|settings| {
        settings.mail.feedback_topic_arn = TOPIC.to_owned();
        settings.outside.fetch = Some(fetch);
    }));
    (world.await, sns)
}

/// Posts as SNS does, which calls its JSON text.
async fn post(world: &World, message: &Value) -> (u16, Value) {
    let answer = reqwest::Client::new()
        .post(format!("http://{}/v1/mail/feedback", world.address))
        .header("content-type", "text/plain; charset=UTF-8")
        .header("x-amz-sns-message-type", "Notification")
        .body(message.to_string())
        .send()
        .await
        .expect("answers");
    let status = answer.status().as_u16();
    (
        status,
        serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default(),
    )
}

async fn refused(world: &World, message: impl Into<Vec<u8>>) -> Problem {
    let content = HttpBody {
        data: message.into().into(),
        ..HttpBody::default()
    };
    let request = ReceiveFeedbackRequest { content: Some(content) };
    problem(world.stranger().mail_feedback().receive_feedback(request).await)
}

fn bounce(kind: &str, address: &str) -> Value {
    json!({"notificationType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": [{"emailAddress": address}]}})
}

fn complaint(address: &str) -> Value {
    json!({"eventType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": address}]}})
}

/// What was told at this moment, signed.
fn told(world: &World, sns: &Sns, id: &str, says: &Value) -> Value {
    sns.message(id, &world.system.core.now().to_string(), says, &json!({}))
}

/// Why an address gets no mail.
async fn reason(world: &World, email: &str) -> Option<&'static str> {
    let suppressed = admin::suppressed(&world.system.core, email).await.expect("an answer");
    suppressed.map(|suppressed| suppressed.reason)
}

#[tokio::test]
async fn without_a_topic_nobody_listens() {
    let world = World::start().await;
    assert_eq!(refused(&world, "{}").await.to_string(), "NOT_FOUND NOT_FOUND");
    assert_eq!(post(&world, &json!({})).await.0, 404);
}

#[tokio::test]
async fn a_bounce_ends_the_mails_to_this_address_until_they_are_begun_again() {
    let (world, sns) = world().await;
    world.user("ada").await;
    let message = told(&world, &sns, "m-1", &bounce("Permanent", "Linus <LINUS@Example.com>"));
    for _ in 0..2 {
        assert_eq!(post(&world, &message).await, (204, Value::Null), "twice is the same as once");
    }
    assert_eq!(reason(&world, LINUS).await, Some("bounce"));
    assert_eq!(reason(&world, "ada@example.com").await, None);

    admin::unsuppress(&world.system.core, LINUS).await.expect("begins");
    assert_eq!(reason(&world, LINUS).await, None);
    assert_eq!(post(&world, &message).await.0, 204);
    assert_eq!(reason(&world, LINUS).await, None, "an old message ends nothing again");
    let another = told(&world, &sns, "m-2", &complaint(LINUS));
    assert_eq!(post(&world, &another).await.0, 204);
    assert_eq!(reason(&world, LINUS).await, Some("complaint"));
    assert_eq!(sns.fetched.lock().expect("whole").len(), 1, "the certificate was kept");
}

#[tokio::test]
async fn what_comes_back_now_and_then_is_borne_and_too_often_is_not() {
    let (world, sns) = world().await;
    let transient = bounce("Transient", LINUS);
    let mut first = Value::Null;
    for (id, days) in [("m-1", 0), ("m-2", 5), ("m-3", 3), ("m-4", 1)] {
        world.clock.advance(DAY * days);
        let message = told(&world, &sns, id, &transient);
        assert_eq!(reason(&world, LINUS).await, None, "before {id}");
        for _ in 0..3 {
            assert_eq!(post(&world, &message).await.0, 204);
        }
        first = if first.is_null() { message } else { first };
    }
    // Those of days 5, 8 and 9; that of day 0 is too long ago.
    assert_eq!(reason(&world, LINUS).await, Some("repeated"));
    world.clock.advance(DAY * 30);
    assert_eq!(reason(&world, LINUS).await, None, "it is tried again");
}

#[tokio::test]
async fn what_sns_did_not_say_changes_nothing() {
    let (world, sns) = world().await;
    let now = world.system.core.now().to_string();
    let says = bounce("Permanent", LINUS);
    let with = |other: Value| sns.message("m-1", &now, &says, &other);
    let mut without_signature = with(json!({}));
    without_signature["Signature"] = Value::Null;
    let mut other_content = with(json!({}));
    other_content["Message"] = complaint(LINUS).to_string().into();
    let elsewhere = "https://sns.eu-west-1.amazonaws.com.example.com/SimpleNotificationService-0123456789abcdef.pem";
    let malformed = "INVALID_ARGUMENT INVALID_FIELDS";
    let untrusted = "UNAUTHENTICATED CREDENTIAL_INVALID";
    for (what, message, expected) in [
        ("unsigned", without_signature, malformed),
        ("forged", sns.forged("m-1", &now, &says), untrusted),
        ("other content", other_content, untrusted),
        ("another topic", with(json!({"TopicArn": format!("{TOPIC}-other")})), untrusted),
        ("another host", with(json!({"SigningCertURL": elsewhere})), untrusted),
        ("old", sns.message("m-1", "2026-05-01T09:59:00Z", &says, &json!({})), untrusted),
        (
            "of tomorrow",
            sns.message("m-1", "2026-05-02T12:00:00Z", &says, &json!({})),
            untrusted,
        ),
        ("too large", with(json!({"Message": "x".repeat(700_000)})), malformed),
        ("of another kind", with(json!({"Type": "Other"})), malformed),
    ] {
        let refused = refused(&world, message.to_string()).await;
        assert!(refused.to_string().starts_with(expected), "{what}: {refused}");
        assert_eq!(
            post(&world, &message).await.0,
            if expected == malformed { 400 } else { 401 },
            "{what}"
        );
    }
    assert_eq!(reason(&world, LINUS).await, None);
}

#[tokio::test]
async fn without_its_certificate_a_message_waits_for_another_attempt() {
    let (world, sns) = world().await;
    let message = told(&world, &sns, "m-1", &bounce("Permanent", LINUS));
    sns.is_away.store(true, Ordering::SeqCst);
    let refused = refused(&world, message.to_string()).await;
    assert_eq!(refused.to_string(), "UNAVAILABLE DEPENDENCY_UNAVAILABLE");
    assert_eq!(reason(&world, LINUS).await, None);
    sns.is_away.store(false, Ordering::SeqCst);
    assert_eq!(post(&world, &message).await.0, 204);
    assert_eq!(reason(&world, LINUS).await, Some("bounce"));
}

#[tokio::test]
async fn a_subscription_is_confirmed_and_deliveries_tell_nothing() {
    let (world, sns) = world().await;
    let now = world.system.core.now().to_string();
    let asks = json!({"Type": "SubscriptionConfirmation", "Token": "2336412f", "SubscribeURL": "https://example.com/"});
    assert_eq!(
        post(&world, &sns.message("m-1", &now, &json!("Confirm."), &asks)).await,
        (204, Value::Null)
    );
    let expected = format!("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f");
    assert_eq!(sns.fetched.lock().expect("whole").last(), Some(&expected));
    let delivery = json!({"eventType": "Delivery", "delivery": {"recipients": [LINUS]}});
    assert_eq!(post(&world, &told(&world, &sns, "m-2", &delivery)).await.0, 204);
    assert_eq!(reason(&world, LINUS).await, None);
}
