//! Mail by SMTP: what becomes of it when the server answers, refuses, hangs, leaves or dies.

use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tasktracker_mail::{Mailer, Message, Smtp, SmtpSettings, Tls};

use crate::sample;
use crate::smtp_server::{Begin, Reply, Server, USER};

const PATIENCE: Duration = Duration::from_secs(20);

fn settings(server: &Server) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: server.address.port(),
        user: String::new(),
        password: String::new(),
        tls: Tls::None,
        ca_file: "".into(),
        allow_plaintext: false,
        hello: String::new(),
    }
}

fn smtp(server: &Server) -> Smtp {
    Smtp::new(&settings(server), "tracker.example.com", PATIENCE, 2).expect("fits")
}

/// What became of it, in one word, and what is said of it.
async fn outcome(mailer: &Smtp, message: &Message) -> (&'static str, String) {
    match mailer.send(message).await {
        Ok(()) => ("taken", String::new()),
        Err(error) => (error.word(), error.to_string()),
    }
}

#[tokio::test]
async fn a_connection_serves_many_messages_and_says_who_it_is() {
    let server = Server::start().await;
    let mailer = smtp(&server);
    for _ in 0..5 {
        mailer.send(&sample::message()).await.expect("taken");
    }
    let taken = server.taken();
    assert_eq!((taken.len(), server.connections()), (5, 1));
    assert_eq!(
        (taken[0].from.as_str(), taken[0].to.as_str()),
        ("FROM:<no-reply@tracker.example.com>", "TO:<ada@example.com>")
    );
    assert_eq!(server.hello(), "tracker.example.com");
}

#[tokio::test]
async fn each_refusal_has_its_meaning_and_nothing_of_it_stays() {
    let server = Server::start().await;
    let mailer = smtp(&server);
    for (step, line, expected) in [
        ("CONNECT", "421 4.3.2 too busy", "later"),
        ("EHLO", "554 5.7.1 go away", "misconfigured"),
        ("MAIL", "451 4.3.0 later", "later"),
        ("MAIL", "553 5.7.1 not your address", "misconfigured"),
        ("RCPT", "450 4.2.0 greylisted", "later"),
        ("RCPT", "550 5.1.1 <ada@example.com> is unknown", "rejected"),
        ("RCPT", "550 no such user", "rejected"),
        ("RCPT", "554 5.7.1 relay access denied", "misconfigured"),
        ("DATA", "452 4.3.1 disk full", "later"),
        ("END", "451 4.7.1 try later", "later"),
        ("END", "554 5.7.1 this is spam", "refused"),
    ] {
        // A step of the beginning needs a new connection.
        let mailer = if ["CONNECT", "EHLO"].contains(&step) {
            &smtp(&server)
        } else {
            &mailer
        };
        server.at(step, Reply::Say(line));
        let (word, said) = outcome(mailer, &sample::message()).await;
        assert_eq!(word, expected, "{step} {line}: {said}");
        assert!(!said.contains("ada@"), "addresses are not logged: {said}");
        server.behave();
        assert_eq!(outcome(mailer, &sample::message()).await.0, "taken", "after {step} {line}");
    }
    assert_eq!(server.taken().len(), 11, "what was refused was not taken");
}

#[tokio::test]
async fn silence_and_lost_connections_are_worth_another_attempt() {
    let server = Server::start().await;
    for step in ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"] {
        server.at(step, Reply::Leave);
        assert_eq!(outcome(&smtp(&server), &sample::message()).await.0, "later", "left at {step}");
        server.at(step, Reply::Hang);
        let impatient = Smtp::new(&settings(&server), "localhost", Duration::from_millis(200), 2).expect("fits");
        let (word, said) = outcome(&impatient, &sample::message()).await;
        assert_eq!((word, said.contains("200ms")), ("later", true), "hung at {step}: {said}");
        server.behave();
    }
    assert_eq!(server.taken().len(), 0);
    // After the last line it is unclear; the second time it is the same message.
    server.at("END", Reply::Leave);
    let (word, said) = outcome(&smtp(&server), &sample::message()).await;
    assert_eq!((word, said.contains("may have arrived")), ("later", true), "{said}");
    server.behave();
    assert_eq!(outcome(&smtp(&server), &sample::message()).await.0, "taken");
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    for taken in taken {
        assert!(String::from_utf8_lossy(&taken.bytes).contains("Message-ID: <0190-job@tracker.example.com>"));
    }
}

#[tokio::test]
async fn a_server_that_was_away_is_found_again() {
    let server = Server::start().await;
    let address = server.address;
    let mailer = smtp(&server);
    assert_eq!(outcome(&mailer, &sample::message()).await.0, "taken");
    drop(server);
    for _ in 0..3 {
        assert_eq!(outcome(&mailer, &sample::message()).await.0, "later");
    }
    let server = Server::start_at(address).await;
    assert_eq!(
        outcome(&mailer, &sample::message()).await.0,
        "taken",
        "although the kept connection is dead"
    );
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_the_operators_and_is_not_told() {
    let server = Server::start().await;
    let sign_in = |password: &str| {
        let settings = SmtpSettings {
            user: USER.0.to_owned(),
            password: password.to_owned(),
            ..settings(&server)
        };
        assert!(!format!("{settings:?}").contains(password));
        Smtp::new(&settings, "localhost", PATIENCE, 2).expect("fits")
    };
    let wrong = sign_in("hush hush");
    let (word, said) = outcome(&wrong, &sample::message()).await;
    assert_eq!(word, "misconfigured", "{said}");
    assert!(!said.contains("hush") && !format!("{wrong:?}").contains("hush"), "{said}");
    assert_eq!(outcome(&sign_in(USER.1), &sample::message()).await.0, "taken");
    assert_eq!(server.taken()[0].user.as_deref(), Some(USER.0));
}

fn certificate() -> CertifiedKey<rcgen::KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate")
}

#[tokio::test]
async fn tls_is_spoken_with_whom_it_should_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca_file = folder.path().join("ca.pem");
    let key = certificate();
    std::fs::write(&ca_file, key.cert.pem()).expect("writes");
    for (begin, tls) in [(Begin::AtOnce, Tls::Required), (Begin::WhenAsked, Tls::Starttls)] {
        let server = Server::start_tls(begin, &key).await;
        let trusting = SmtpSettings {
            host: "localhost".to_owned(),
            tls,
            ca_file: ca_file.clone(),
            user: USER.0.to_owned(),
            password: USER.1.to_owned(),
            ..settings(&server)
        };
        let mailer = Smtp::new(&trusting, "localhost", PATIENCE, 2).expect("fits");
        assert_eq!(outcome(&mailer, &sample::message()).await, ("taken", String::new()), "{begin:?}");
        assert!(server.taken()[0].is_tls);

        for (what, wrong) in [
            (
                "an unknown certificate",
                SmtpSettings {
                    ca_file: "".into(),
                    ..trusting.clone()
                },
            ),
            (
                "another name",
                SmtpSettings {
                    host: "127.0.0.1".to_owned(),
                    ..trusting.clone()
                },
            ),
        ] {
            let mailer = Smtp::new(&wrong, "localhost", PATIENCE, 2).expect("fits");
            let (word, said) = outcome(&mailer, &sample::message()).await;
            assert_eq!(
                (word, said.contains("ca_file")),
                ("misconfigured", true),
                "{begin:?} {what}: {said}"
            );
        }
        assert_eq!(server.taken().len(), 1);
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_in_the_clear() {
    let server = Server::start().await;
    let careful = SmtpSettings {
        tls: Tls::Starttls,
        user: USER.0.to_owned(),
        password: USER.1.to_owned(),
        ..settings(&server)
    };
    let mailer = Smtp::new(&careful, "localhost", PATIENCE, 2).expect("fits");
    let (word, said) = outcome(&mailer, &sample::message()).await;
    assert_eq!((word, said.contains("STARTTLS")), ("misconfigured", true), "{said}");
    assert_eq!(server.taken().len(), 0);
}

#[tokio::test]
async fn letters_that_the_server_does_not_take_are_its_refusal() {
    let server = Server::start().await;
    let mailer = smtp(&server);
    let to_domain = Message {
        to: "Ада <ada@bücher.example>".parse().expect("fits"),
        ..sample::message()
    };
    assert_eq!(outcome(&mailer, &to_domain).await.0, "taken");
    assert_eq!(server.taken()[0].to, "TO:<ada@xn--bcher-kva.example>");
    assert!(server.taken()[0].bytes.is_ascii());
}
