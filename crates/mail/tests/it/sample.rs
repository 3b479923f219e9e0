//! A message with everything in it.

use tasktracker_mail::Message;

pub fn message() -> Message {
    Message {
        id: "0190-job@tracker.example.com".parse().expect("fits"),
        from: "Task Tracker <no-reply@tracker.example.com>".parse().expect("fits"),
        to: "Ada Lovelace <ada@example.com>".parse().expect("fits"),
        subject: "WEB-12: Plan the launch".into(),
        text: "Hello Ada,\n\nLinus assigned this task to you.\n".to_owned(),
        html: "<!doctype html><p>Linus assigned this task to you.".to_owned(),
        thread: Some("task.0190@tracker.example.com".parse().expect("fits")),
        list_id: Some("web@tracker.example.com".parse().expect("fits")),
        unsubscribe: Some(
            "https://tracker.example.com/v1/notifications:unsubscribe?token=AQ-_x"
                .parse()
                .expect("fits"),
        ),
        headers: vec![("X-TaskTracker-Reason".parse().expect("fits"), "assigned".into())],
        time: "2026-05-01T12:00:00Z".parse().expect("fits"),
    }
}

/// An id that no other test has, nor one of before: the store of the SES endpoint is never emptied.
pub fn fresh_id() -> tasktracker_mail::MessageId {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("random bytes");
    let unique: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    tasktracker_mail::MessageId::new(unique, "tracker.example.com").expect("fits")
}

/// For measuring how long something waits.
#[expect(clippy::disallowed_methods, reason = "tests measure time")]
pub fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}
