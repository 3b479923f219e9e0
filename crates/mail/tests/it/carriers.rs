//! What every carrier promises, on each of them: the same bytes arrive, whatever is in them.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use mailparse::parse_mail;
use tasktracker_mail::{Directory, Mailbox, Mailer, Message};

use crate::sample;

/// A carrier, and where its mails arrive.
trait Carrier {
    fn name(&self) -> &'static str;
    fn mailer(&self) -> &dyn Mailer;
    /// Headers and parts of all that arrived, in no order.
    fn arrived(&self) -> BoxFuture<'_, Vec<Arrived>>;
}

#[derive(Debug, PartialEq, Eq)]
struct Arrived {
    headers: BTreeMap<String, String>,
    text: String,
    html: String,
}

impl Arrived {
    fn of(bytes: &[u8]) -> Self {
        let mail = parse_mail(bytes).expect("a mail");
        let body = |part: usize| {
            mail.subparts[part]
                .get_body()
                .expect("a body")
                .replace("\r\n", "\n")
                .trim_end()
                .to_owned()
        };
        // The boundary between the parts is new each time a message is written.
        let headers = mail.headers.iter().filter(|header| header.get_key() != "Content-Type");
        Self {
            headers: headers
                .map(|header| (header.get_key().to_lowercase(), header.get_value()))
                .collect(),
            text: body(0),
            html: body(1),
        }
    }
}

struct Files {
    folder: tempfile::TempDir,
    mailer: Directory,
}

impl Files {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mailer = Directory::new(folder.path());
        Self { folder, mailer }
    }
}

impl Carrier for Files {
    fn name(&self) -> &'static str {
        "directory"
    }

    fn mailer(&self) -> &dyn Mailer {
        &self.mailer
    }

    fn arrived(&self) -> BoxFuture<'_, Vec<Arrived>> {
        let files = std::fs::read_dir(self.folder.path()).expect("reads");
        let bytes = files.map(|entry| std::fs::read(entry.expect("an entry").path()).expect("reads"));
        let arrived = bytes.map(|bytes| Arrived::of(&bytes)).collect();
        Box::pin(async { arrived })
    }
}

#[cfg(feature = "smtp")]
struct Server {
    server: crate::smtp_server::Server,
    mailer: tasktracker_mail::Smtp,
}

#[cfg(feature = "smtp")]
impl Server {
    async fn start() -> Self {
        let server = crate::smtp_server::Server::start().await;
        let settings = tasktracker_mail::SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: server.address.port(),
            user: String::new(),
            password: String::new(),
            tls: tasktracker_mail::Tls::None,
            ca_file: "".into(),
            allow_plaintext: false,
            hello: String::new(),
        };
        let timeout = std::time::Duration::from_secs(20);
        let mailer = tasktracker_mail::Smtp::new(&settings, "localhost", timeout, 4).expect("fits");
        Self { server, mailer }
    }
}

#[cfg(feature = "smtp")]
impl Carrier for Server {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn mailer(&self) -> &dyn Mailer {
        &self.mailer
    }

    fn arrived(&self) -> BoxFuture<'_, Vec<Arrived>> {
        let arrived = self.server.taken().iter().map(|taken| Arrived::of(&taken.bytes)).collect();
        Box::pin(async { arrived })
    }
}

async fn carriers() -> Vec<Box<dyn Carrier>> {
    let carriers: [Box<dyn Carrier>; _] = [
        Box::new(Files::start()),
        #[cfg(feature = "smtp")]
        Box::new(Server::start().await),
        #[cfg(feature = "ses")]
        Box::new(Ses::start().await),
    ];
    carriers.into()
}

#[cfg(feature = "ses")]
struct Ses {
    endpoint: crate::ses_endpoint::Endpoint,
    mailer: tasktracker_mail::Ses,
}

#[cfg(feature = "ses")]
impl Ses {
    async fn start() -> Self {
        let endpoint = crate::ses_endpoint::Endpoint::start().await;
        let mailer = crate::ses::ses(&endpoint.url, false).await;
        Self { endpoint, mailer }
    }
}

#[cfg(feature = "ses")]
impl Carrier for Ses {
    fn name(&self) -> &'static str {
        "ses"
    }

    fn mailer(&self) -> &dyn Mailer {
        &self.mailer
    }

    fn arrived(&self) -> BoxFuture<'_, Vec<Arrived>> {
        let arrived = self.endpoint.mails().iter().map(|mail| Arrived::of(&mail.raw())).collect();
        Box::pin(async { arrived })
    }
}

#[tokio::test]
async fn the_same_message_arrives_by_every_carrier() {
    let awkward = Message {
        id: sample::fresh_id(),
        subject: "WEB-12: Подготовить запуск 🚀, and a subject that is long enough to be broken into several lines of its header".into(),
        to: Mailbox {
            name: "Ада, \"графиня\"".into(),
            address: "ada@bücher.example".parse().expect("fits"),
        },
        text: format!("Привет!\n\n.\n..\n.From here on\n\n{}\n.\n", "x".repeat(5000)),
        html: format!("<!doctype html><p>{}</p>\n.\n", "длинная строка ".repeat(500)),
        ..sample::message()
    };
    let usual = Message {
        id: sample::fresh_id(),
        ..sample::message()
    };
    for carrier in carriers().await {
        for message in [&usual, &awkward] {
            carrier
                .mailer()
                .send(message)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", carrier.name()));
            let expected = Arrived::of(&message.to_bytes());
            let arrived = carrier.arrived().await;
            let id = &expected.headers["message-id"];
            let same: Vec<_> = arrived.iter().filter(|mail| mail.headers["message-id"] == *id).collect();
            assert_eq!(same, [&expected], "{}", carrier.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_arrive_each_once() {
    let messages: Vec<Message> = (0..40)
        .map(|number| Message {
            id: sample::fresh_id(),
            text: format!("number {number}"),
            ..sample::message()
        })
        .collect();
    for carrier in carriers().await {
        let sent = futures_util::future::join_all(messages.iter().map(|message| carrier.mailer().send(message))).await;
        assert!(sent.iter().all(Result::is_ok), "{}: {sent:?}", carrier.name());
        let ids: Vec<String> = messages.iter().map(|message| format!("<{}>", message.id)).collect();
        let arrived = carrier.arrived().await;
        let mut texts: Vec<&str> = arrived
            .iter()
            .filter(|mail| ids.contains(&mail.headers["message-id"]))
            .map(|mail| mail.text.as_str())
            .collect();
        texts.sort_unstable_by_key(|text| text.rsplit(' ').next().and_then(|number| number.parse::<u32>().ok()));
        assert_eq!(
            texts,
            (0..40).map(|number| format!("number {number}")).collect::<Vec<_>>(),
            "{}",
            carrier.name()
        );
    }
}
