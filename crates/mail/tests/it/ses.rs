//! Mail by Amazon SES: what is asked of it, what becomes of a mail when it answers, refuses, hangs or is away; and a local SES by another
//! author.

use std::time::Duration;

use serde_json::{Value, json};
use tasktracker_mail::{Mailer, Message, Ses, SesSettings};

use crate::sample;
use crate::ses_endpoint::{Endpoint, Reply};

fn settings(endpoint: &str) -> SesSettings {
    SesSettings {
        region: "eu-west-1".to_owned(),
        endpoint: endpoint.to_owned(),
        configuration_set: "tracker".to_owned(),
        access_key_id: "AKIDTEST".to_owned(),
        secret_access_key: "hush hush".to_owned(),
    }
}

pub async fn ses(endpoint: &str, ask_for_pace: bool) -> Ses {
    Ses::new(&settings(endpoint), Duration::from_secs(20), ask_for_pace)
        .await
        .expect("fits")
}

async fn outcome(mailer: &Ses, message: &Message) -> (&'static str, String) {
    match mailer.send(message).await {
        Ok(()) => ("taken", String::new()),
        Err(error) => (error.word(), error.to_string()),
    }
}

#[tokio::test]
async fn each_mail_is_signed_and_carries_its_delivery_id() {
    let endpoint = Endpoint::start().await;
    let mailer = ses(&endpoint.url, false).await;
    for _ in 0..2 {
        mailer.send(&sample::message()).await.expect("taken");
    }
    let mails = endpoint.mails();
    assert!(mails[0].authorization.contains("Credential=AKIDTEST/") && mails[0].authorization.contains("/eu-west-1/ses/"));
    assert!(!format!("{mailer:?}{:?}", settings("")).contains("hush"));
    let sent = &mails[0].body;
    assert_eq!(sent["FromEmailAddress"], "no-reply@tracker.example.com");
    assert_eq!(sent["Destination"]["ToAddresses"], json!(["ada@example.com"]));
    assert_eq!(sent["ConfigurationSetName"], "tracker");
    assert_eq!(sent["EmailTags"], json!([{"Name": "delivery_id", "Value": "0190-job"}]));
    assert_eq!(mails[1].body["EmailTags"], sent["EmailTags"], "the same on every attempt");
}

#[tokio::test]
async fn each_refusal_has_its_meaning() {
    let endpoint = Endpoint::start().await;
    let mailer = ses(&endpoint.url, false).await;
    for (status, kind, said, expected) in [
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", "later"),
        (400, "LimitExceededException", "", "later"),
        (503, "ServiceUnavailable", "", "later"),
        (403, "InvalidClientTokenId", "The security token is invalid.", "misconfigured"),
        (
            400,
            "MessageRejected",
            "Email address is not verified: ada@example.com",
            "misconfigured",
        ),
        (400, "SendingPausedException", "", "misconfigured"),
        (400, "BadRequestException", "Illegal address: ada@example.com", "rejected"),
        (400, "MessageRejected", "contains a virus", "refused"),
    ] {
        endpoint.at_send(Some(Reply::Say(status, kind, json!({"message": said}))));
        let (word, told) = outcome(&mailer, &sample::message()).await;
        assert_eq!(word, expected, "{status} {kind}: {told}");
        assert!(told.contains(kind) && !told.contains("ada@"), "{told}");
    }
    endpoint.at_send(None);
    assert_eq!(outcome(&mailer, &sample::message()).await.0, "taken");
    assert_eq!(endpoint.mails().len(), 1, "one try for each attempt");
}

#[tokio::test]
async fn silence_and_lost_connections_are_worth_another_attempt() {
    let endpoint = Endpoint::start().await;
    endpoint.at_send(Some(Reply::Leave));
    let (word, told) = outcome(&ses(&endpoint.url, false).await, &sample::message()).await;
    assert_eq!(word, "later", "{told}");
    endpoint.at_send(Some(Reply::Hang));
    let impatient = Ses::new(&settings(&endpoint.url), Duration::from_millis(300), false)
        .await
        .expect("fits");
    let (word, told) = outcome(&impatient, &sample::message()).await;
    assert_eq!((word, told.contains("may have been taken")), ("later", true), "{told}");
    let address = endpoint.url.trim_start_matches("http://").to_owned();
    let mailer = ses(&endpoint.url, false).await;
    drop(endpoint);
    assert_eq!(outcome(&mailer, &sample::message()).await.0, "later", "nobody there");
    let endpoint = Endpoint::start_at(&address).await;
    assert_eq!(outcome(&mailer, &sample::message()).await.0, "taken");
    assert_eq!(endpoint.mails().len(), 1);
}

/// Sends so many mails, and says how long that took.
async fn duration(mailer: &Ses, count: usize) -> Duration {
    let begin = sample::now();
    for _ in 0..count {
        mailer.send(&sample::message()).await.expect("taken");
    }
    begin.elapsed()
}

#[tokio::test]
async fn the_pace_is_that_of_the_account() {
    let endpoint = Endpoint::start().await;
    endpoint.at_account(Reply::Say(
        200,
        "",
        json!({"SendQuota": {"MaxSendRate": 20.0, "Max24HourSend": 200.0, "SentLast24Hours": 1.0}}),
    ));
    let mailer = ses(&endpoint.url, true).await;
    assert!(duration(&mailer, 5).await >= Duration::from_millis(195), "20 a second");
    assert_eq!(endpoint.account_questions(), 1);
}

#[tokio::test]
async fn an_account_that_tells_nothing_is_treated_with_care() {
    let endpoint = Endpoint::start().await;
    endpoint.at_account(Reply::Say(
        403,
        "AccessDeniedException",
        json!({"message": "is not authorized to perform ses:GetAccount"}),
    ));
    let mailer = ses(&endpoint.url, true).await;
    assert!(duration(&mailer, 2).await >= Duration::from_millis(990), "one a second");
    assert_eq!(endpoint.account_questions(), 1, "it will not tell later");
    // One that is away is asked again.
    endpoint.at_account(Reply::Say(503, "ServiceUnavailable", json!({})));
    let mailer = ses(&endpoint.url, true).await;
    duration(&mailer, 3).await;
    assert_eq!(endpoint.account_questions(), 4);
}

/// A local SES of another author, if the environment names one.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests learn of the server by the environment, and say what they skip"
)]
fn local() -> Option<String> {
    let named = std::env::var("TASKTRACKER_TEST_SES").ok();
    if named.is_none() {
        eprintln!("skipped: TASKTRACKER_TEST_SES names no endpoint of SES");
    }
    named
}

#[tokio::test]
async fn another_authors_ses_takes_and_reads_the_same_mail() {
    let Some(endpoint) = local() else { return };
    let mailer = ses(&endpoint, false).await;
    let unique = sample::fresh_id();
    let message = Message {
        id: unique.clone(),
        subject: format!("Задача {unique}: the launch").as_str().into(),
        text: format!("Привет!\n\n.\n{}\n", "x".repeat(2000)),
        html: "<!doctype html><p>Привет".to_owned(),
        ..sample::message()
    };
    mailer.send(&message).await.expect("taken");
    let store: Value = reqwest::get(format!("{endpoint}/store"))
        .await
        .expect("answers")
        .json()
        .await
        .expect("JSON");
    let mails = store["emails"].as_array().expect("a list");
    let [mail] = mails
        .iter()
        .filter(|mail| mail["subject"] == message.subject.as_str())
        .collect::<Vec<_>>()[..]
    else {
        panic!("once: {store}")
    };
    assert_eq!(mail["from"], "\"Task Tracker\" <no-reply@tracker.example.com>");
    assert_eq!(mail["destination"]["to"], json!(["\"Ada Lovelace\" <ada@example.com>"]));
    assert_eq!(mail["body"]["text"].as_str().map(str::trim_end), Some(message.text.trim_end()));
    assert_eq!(mail["body"]["html"].as_str().map(str::trim_end), Some(message.html.as_str()));
}
