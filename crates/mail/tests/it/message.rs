//! What another author's parser makes of our messages.

use mailparse::{MailHeaderMap, ParsedMail, parse_mail};
use proptest::prelude::*;
use tasktracker_mail::{Line, Mailbox, Message};

use crate::sample;

fn header(mail: &ParsedMail, name: &str) -> String {
    mail.headers.get_first_value(name).unwrap_or_else(|| panic!("a header {name}"))
}

/// The bodies: text, HTML.
fn bodies(mail: &ParsedMail) -> (String, String) {
    assert_eq!(mail.ctype.mimetype, "multipart/alternative");
    let [text, html] = mail.subparts.as_slice() else {
        panic!("two parts")
    };
    assert_eq!(
        (text.ctype.mimetype.as_str(), html.ctype.mimetype.as_str()),
        ("text/plain", "text/html")
    );
    assert_eq!((text.ctype.charset.as_str(), html.ctype.charset.as_str()), ("utf-8", "utf-8"));
    (text.get_body().expect("a body"), html.get_body().expect("a body"))
}

fn check_form(bytes: &[u8]) {
    assert!(bytes.is_ascii(), "any carrier takes ASCII");
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        assert!(line.ends_with(b"\r"), "lines end in CRLF");
        assert!(line.len() <= 998 + 1, "a line of {} bytes", line.len());
    }
}

#[test]
fn every_header_is_there_once() {
    let message = sample::message();
    let bytes = message.to_bytes();
    check_form(&bytes);
    let mail = parse_mail(&bytes).unwrap();
    for (name, value) in [
        ("Message-ID", "<0190-job@tracker.example.com>"),
        ("Date", "Fri, 1 May 2026 12:00:00 +0000"),
        ("From", "\"Task Tracker\" <no-reply@tracker.example.com>"),
        ("To", "\"Ada Lovelace\" <ada@example.com>"),
        ("Subject", "WEB-12: Plan the launch"),
        ("In-Reply-To", "<task.0190@tracker.example.com>"),
        ("References", "<task.0190@tracker.example.com>"),
        ("List-ID", "<web.tracker.example.com>"),
        (
            "List-Unsubscribe",
            "<https://tracker.example.com/v1/notifications:unsubscribe?token=AQ-_x>",
        ),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
        ("X-TaskTracker-Reason", "assigned"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(header(&mail, name).replace('"', ""), value.replace('"', ""), "{name}");
        assert_eq!(mail.headers.get_all_values(name).len(), 1, "{name}");
    }
    let (text, html) = bodies(&mail);
    assert_eq!(text.replace("\r\n", "\n").trim_end(), message.text.trim_end());
    assert_eq!(html.trim_end(), message.html.trim_end());
}

#[test]
fn what_is_not_there_has_no_header() {
    let plain = Message {
        thread: None,
        list_id: None,
        unsubscribe: None,
        headers: vec![],
        ..sample::message()
    };
    let bytes = plain.to_bytes();
    let mail = parse_mail(&bytes).unwrap();
    for name in [
        "In-Reply-To",
        "References",
        "List-ID",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "X-TaskTracker-Reason",
    ] {
        assert_eq!(mail.headers.get_first_value(name), None, "{name}");
    }
}

#[test]
fn cyrillic_and_long_lines_survive() {
    let message = Message {
        subject: "WEB-12: Подготовить запуск: согласовать тексты, проверить ссылки, предупредить всех, кого это касается 🚀".into(),
        to: Mailbox {
            name: "Ада Лавлейс".into(),
            address: "ada@example.com".parse().unwrap(),
        },
        text: format!("Привет!\n\n{}\n.\nFrom here on\n{}\n", "слово ".repeat(500), "x".repeat(5000)),
        html: format!("<!doctype html><p>{}</p>", "очень длинная строка ".repeat(300)),
        ..sample::message()
    };
    let bytes = message.to_bytes();
    check_form(&bytes);
    let mail = parse_mail(&bytes).unwrap();
    assert_eq!(header(&mail, "Subject"), message.subject.as_str());
    let to = mailparse::addrparse_header(mail.headers.get_first_header("To").unwrap()).unwrap();
    let to = to.extract_single_info().unwrap();
    assert_eq!(
        (to.display_name.as_deref(), to.addr.as_str()),
        (Some("Ада Лавлейс"), "ada@example.com")
    );
    let (text, html) = bodies(&mail);
    assert_eq!(text.replace("\r\n", "\n").trim_end(), message.text.trim_end());
    assert_eq!(html.replace("\r\n", "\n").trim_end(), message.html.trim_end());
}

/// Texts that try to be more than a text.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just("\r\nBcc: everybody@example.com\r\n".to_owned()),
        Just("\n\n<script>".to_owned()),
        Just("\r\n\r\nbody".to_owned()),
        Just("=?utf-8?Q?=0D=0ABcc:_x@example.com?=".to_owned()),
        Just("\u{2028}Bcc: x@example.com".to_owned()),
        Just("\" <evil@example.com>, \"".to_owned()),
        Just("x".repeat(300)),
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_that_is_put_into_a_header_makes_another_one(subject in hostile(), name in hostile(), extra in hostile()) {
        let harmless = sample::message();
        let hostile = Message {
            subject: subject.as_str().into(),
            to: Mailbox { name: name.as_str().into(), address: harmless.to.address.clone() },
            headers: vec![("X-TaskTracker-Reason".parse().unwrap(), extra.as_str().into())],
            ..harmless.clone()
        };
        let (harmless, hostile) = (harmless.to_bytes(), hostile.to_bytes());
        check_form(&hostile);
        let (before, after) = (parse_mail(&harmless).unwrap(), parse_mail(&hostile).unwrap());
        let names = |mail: &ParsedMail| mail.headers.iter().map(|header| header.get_key()).collect::<Vec<_>>();
        prop_assert_eq!(names(&before), names(&after));
        let recipients = mailparse::addrparse_header(after.headers.get_first_header("To").unwrap()).unwrap();
        prop_assert_eq!(recipients.extract_single_info().map(|info| info.addr), Some("ada@example.com".to_owned()));
        prop_assert_eq!(bodies(&before), bodies(&after));
        // An encoded word that a person typed stays text in the message: this parser alone reads it as one where it was not encoded again.
        if !subject.contains("=?") {
            prop_assert_eq!(header(&after, "Subject"), Line::of(&subject).to_string());
        }
    }
}
