//! The end of SES's API that the mailer uses, for one test: it keeps what was asked, and answers, hangs or leaves as it is told. The local SES
//! of `TASKTRACKER_TEST_SES` keeps no headers and never refuses, so it cannot stand for this.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// What it does.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This status, kind of error, and body.
    Say(u16, &'static str, Value),
    /// Nothing, and it keeps the connection.
    Hang,
    /// It takes what came, and leaves without a word.
    Leave,
}

/// A request to send a mail.
#[derive(Debug, Clone)]
pub struct Asked {
    pub body: Value,
    pub authorization: String,
}

impl Asked {
    pub fn raw(&self) -> Vec<u8> {
        STANDARD
            .decode(self.body["Content"]["Raw"]["Data"].as_str().expect("raw"))
            .expect("base64")
    }
}

#[derive(Debug, Default)]
struct State {
    send: Option<Reply>,
    account: Option<Reply>,
    mails: Vec<Asked>,
    account_questions: usize,
}

/// The endpoint. It ends when it is dropped.
pub struct Endpoint {
    pub url: String,
    state: Arc<Mutex<State>>,
    task: AbortHandle,
    _tasks: JoinSet<()>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Endpoint {
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1:0").await
    }

    pub async fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let mut tasks = JoinSet::new();
        let task = tasks.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                talks.spawn(async move { talk(BufStream::new(stream), &state).await.unwrap_or_default() });
            }
        });
        Self {
            url,
            state,
            task,
            _tasks: tasks,
        }
    }

    /// From now on, it answers that to mails.
    pub fn at_send(&self, reply: Option<Reply>) {
        self.state.lock().expect("whole").send = reply;
    }

    /// From now on, it answers that to the question for the account.
    pub fn at_account(&self, reply: Reply) {
        self.state.lock().expect("whole").account = Some(reply);
    }

    /// The mails that it took.
    pub fn mails(&self) -> Vec<Asked> {
        self.state.lock().expect("whole").mails.clone()
    }

    pub fn account_questions(&self) -> usize {
        self.state.lock().expect("whole").account_questions
    }
}

/// The requests of one connection.
async fn talk(mut stream: BufStream<TcpStream>, state: &Mutex<State>) -> std::io::Result<()> {
    loop {
        let mut request = String::new();
        if stream.read_line(&mut request).await? == 0 {
            return Ok(());
        }
        let (mut length, mut authorization) = (0, String::new());
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            match name.to_lowercase().as_str() {
                "content-length" => length = value.parse().expect("a number"),
                "authorization" => value.clone_into(&mut authorization),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let reply = {
            let mut state = state.lock().expect("whole");
            if request.starts_with("POST /v2/email/outbound-emails ") {
                let reply = state.send.clone().unwrap_or(Reply::Say(200, "", json!({"MessageId": "0102018f"})));
                // Where it does not refuse, it has taken the mail, whatever it says.
                if !matches!(reply, Reply::Say(400.., ..)) {
                    let body = serde_json::from_slice(&body).expect("JSON");
                    state.mails.push(Asked { body, authorization });
                }
                reply
            } else {
                state.account_questions += 1;
                state.account.clone().unwrap_or(Reply::Say(404, "NotFoundException", json!({})))
            }
        };
        let (status, kind, body) = match reply {
            Reply::Say(status, kind, body) => (status, kind, body.to_string()),
            Reply::Hang => std::future::pending().await,
            Reply::Leave => return Ok(()),
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nx-amzn-errortype: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.flush().await?;
    }
}
