//! What SNS posts, and what is not from SNS. The messages in `testdata/sns` were signed with OpenSSL, by the rules that Amazon documents.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use tasktracker_mail::feedback::{Feedback, Fetch, FetchError, Heard, Kind, LARGEST, Refusal};

const ARN: &str = "arn:aws:sns:eu-west-1:123456789012:mail-feedback";

/// What is published where SNS publishes, and what was asked for.
#[derive(Debug)]
struct Web {
    certificate: Result<Vec<u8>, fn() -> FetchError>,
    asked: Mutex<Vec<String>>,
    count: AtomicUsize,
}

impl Fetch for Web {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.asked.lock().expect("whole").push(url.to_owned());
        Box::pin(async move { self.certificate.clone().map_err(|error| error()) })
    }
}

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/sns").join(name)).expect("a file")
}

fn web(certificate: Result<Vec<u8>, fn() -> FetchError>) -> (Arc<Web>, Feedback) {
    let web = Arc::new(Web {
        certificate,
        asked: Mutex::default(),
        count: AtomicUsize::new(0),
    });
    (web.clone(), Feedback::new(ARN.parse().expect("a topic"), web))
}

/// A minute and a half after the messages were published.
fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn edited(name: &str, edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut message: Value = serde_json::from_slice(&file(name)).expect("JSON");
    edit(&mut message);
    message.to_string().into_bytes()
}

/// The first word of the refusal, and what it says.
fn refused(heard: Result<Heard, Refusal>) -> (&'static str, String) {
    let refusal = heard.expect_err("refused");
    let word = match refusal {
        Refusal::Malformed(_) => "malformed",
        Refusal::Untrusted(_) => "untrusted",
        Refusal::Unchecked(_) => "unchecked",
    };
    (word, refusal.to_string())
}

#[tokio::test]
async fn both_kinds_of_signatures_are_understood() {
    let (web, feedback) = web(Ok(file("certificate.pem")));
    for (name, address, kind) in [
        ("bounce-v1.json", "ada@example.com", Kind::PermanentBounce),
        ("complaint-v2.json", "linus@example.com", Kind::Complaint),
    ] {
        let Heard::Notices { notices, .. } = feedback.hear(&file(name), now()).await.expect("taken") else {
            panic!("a notification")
        };
        assert_eq!(
            notices
                .iter()
                .map(|notice| (notice.address.as_str(), notice.kind))
                .collect::<Vec<_>>(),
            [(address, kind)]
        );
    }
    assert_eq!(web.count.load(Ordering::SeqCst), 1, "the certificate is kept");
}

#[tokio::test]
async fn a_subscription_is_confirmed_with_sns_and_nobody_else() {
    let (web, feedback) = web(Ok(file("certificate.pem")));
    assert_eq!(
        feedback.hear(&file("subscription-v2.json"), now()).await.expect("taken"),
        Heard::Subscribed
    );
    assert_eq!(
        feedback.hear(&file("unsubscription-v1.json"), now()).await.expect("taken"),
        Heard::Unsubscribed
    );
    let asked = web.asked.lock().expect("whole");
    let confirmation =
        format!("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={ARN}&Token=2336412f37fb687f5d51e6e2425dacbb");
    assert_eq!(asked[1..], [confirmation], "the address in the message is not followed");
}

#[tokio::test]
async fn every_signed_part_is_under_the_signature() {
    let (_, feedback) = web(Ok(file("certificate.pem")));
    for (name, part) in [
        ("bounce-v1.json", "Message"),
        ("bounce-v1.json", "MessageId"),
        ("bounce-v1.json", "Subject"),
        ("bounce-v1.json", "Timestamp"),
        ("subscription-v2.json", "Token"),
        ("subscription-v2.json", "SubscribeURL"),
    ] {
        let body = edited(name, |message| {
            let mut text = message[part].as_str().expect("a text").to_owned();
            let at = text.rfind(['1', 'e']).expect("one of them");
            text.replace_range(at..=at, "2");
            message[part] = text.into();
        });
        let (word, said) = refused(feedback.hear(&body, now()).await);
        assert_eq!((word, said.contains("signature")), ("untrusted", true), "{part}: {said}");
    }
    // A kind of signature is no matter of choice.
    for (name, version) in [("bounce-v1.json", "2"), ("complaint-v2.json", "1")] {
        let body = edited(name, |message| message["SignatureVersion"] = version.into());
        assert_eq!(refused(feedback.hear(&body, now()).await).0, "untrusted", "{name}");
    }
    let body = edited("complaint-v2.json", |message| message["Subject"] = "added".into());
    assert_eq!(refused(feedback.hear(&body, now()).await).0, "untrusted");
    let body = edited("complaint-v2.json", |message| {
        message["Type"] = "SubscriptionConfirmation".into();
        message["Token"] = "0".into();
        message["SubscribeURL"] = "https://example.com".into();
    });
    assert_eq!(refused(feedback.hear(&body, now()).await).0, "untrusted");
}

#[tokio::test]
async fn what_is_not_from_this_topic_is_refused_before_anything_is_fetched() {
    let (web, feedback) = web(Ok(file("certificate.pem")));
    for (part, value) in [
        ("TopicArn", "arn:aws:sns:eu-west-1:123456789012:other"),
        (
            "SigningCertURL",
            "https://evil.example.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
        ),
        (
            "SigningCertURL",
            "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
        ),
        (
            "SigningCertURL",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
        ),
    ] {
        let body = edited("bounce-v1.json", |message| message[part] = value.into());
        assert_eq!(refused(feedback.hear(&body, now()).await).0, "untrusted", "{value}");
    }
    for at in [now() - 3.hours(), now() + 3.hours()] {
        let (word, said) = refused(feedback.hear(&file("bounce-v1.json"), at).await);
        assert_eq!((word, said.contains("clock")), ("untrusted", true), "{said}");
    }
    assert_eq!(web.count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let (_, feedback) = web(Ok(file("certificate.pem")));
    for part in [
        "Type",
        "MessageId",
        "TopicArn",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
    ] {
        let body = edited("bounce-v1.json", |message| {
            message.as_object_mut().expect("an object").remove(part);
        });
        assert_eq!(refused(feedback.hear(&body, now()).await).0, "malformed", "without {part}");
    }
    for (part, value) in [
        ("Type", "Other"),
        ("SignatureVersion", "3"),
        ("Signature", "%"),
        ("Timestamp", "noon"),
        ("MessageId", ""),
    ] {
        let body = edited("bounce-v1.json", |message| message[part] = value.into());
        assert_eq!(refused(feedback.hear(&body, now()).await).0, "malformed", "{part} = {value}");
    }
    for body in [&b""[..], b"{}", b"[]", b"\xff", &vec![b' '; LARGEST + 1]] {
        assert_eq!(refused(feedback.hear(body, now()).await).0, "malformed");
    }
}

#[tokio::test]
async fn a_certificate_must_be_there_and_be_the_right_one() {
    let (_, wrong) = web(Ok(file("other-certificate.pem")));
    assert_eq!(refused(wrong.hear(&file("bounce-v1.json"), now()).await).0, "untrusted");
    for garbage in [&b"<html>"[..], b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let (_, none) = web(Ok(garbage.to_vec()));
        assert_eq!(refused(none.hear(&file("bounce-v1.json"), now()).await).0, "untrusted");
    }
    let (_, missing) = web(Err(|| FetchError::Refused("404".to_owned())));
    assert_eq!(refused(missing.hear(&file("bounce-v1.json"), now()).await).0, "untrusted");
    let (web, away) = web(Err(|| FetchError::Failed(std::io::Error::other("no way").into())));
    for count in 1..3 {
        assert_eq!(
            refused(away.hear(&file("bounce-v1.json"), now()).await).0,
            "unchecked",
            "so SNS sends it again"
        );
        assert_eq!(web.count.load(Ordering::SeqCst), count, "a failure is not kept");
    }
}
