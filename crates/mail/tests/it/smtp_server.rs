//! A mail server for one test: it takes mails and keeps them, over TLS if it is given a certificate, and answers, hangs or leaves as it is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::CertifiedKey;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The user that it knows, and the password.
pub const USER: (&str, &str) = ("tracker", "open sesame");

/// What it does at a step: `CONNECT`, or the first word of a command, or `END` after a message.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    /// This line.
    Say(&'static str),
    /// Nothing, and it keeps the connection.
    Hang,
    /// It takes what came, and leaves without a word.
    Leave,
}

/// A mail that it took.
#[derive(Debug, Clone)]
pub struct Taken {
    pub from: String,
    pub to: String,
    pub bytes: Vec<u8>,
    pub user: Option<String>,
    pub is_tls: bool,
}

#[derive(Debug, Default)]
struct State {
    replies: HashMap<&'static str, Reply>,
    taken: Vec<Taken>,
    hello: String,
    connections: usize,
}

/// When it begins TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    Never,
    AtOnce,
    WhenAsked,
}

/// The server. It ends when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: AbortHandle,
    _tasks: JoinSet<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").await.expect("a port"), Begin::Never, None)
    }

    pub async fn start_at(address: SocketAddr) -> Self {
        Self::listen(TcpListener::bind(address).await.expect("the port"), Begin::Never, None)
    }

    /// With TLS for the name `localhost`.
    pub async fn start_tls(begin: Begin, key: &CertifiedKey<rcgen::KeyPair>) -> Self {
        let private = PrivateKeyDer::Pkcs8(key.signing_key.serialize_der().into());
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config
            .with_single_cert(vec![key.cert.der().clone()], private)
            .expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::listen(TcpListener::bind("127.0.0.1:0").await.expect("a port"), begin, Some(acceptor))
    }

    fn listen(listener: TcpListener, begin: Begin, tls: Option<TlsAcceptor>) -> Self {
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let mut tasks = JoinSet::new();
        let shared = state.clone();
        let task = tasks.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().expect("whole").connections += 1;
                talks.spawn(welcome(stream, shared.clone(), begin, tls.clone()));
            }
        });
        Self {
            address,
            state,
            task,
            _tasks: tasks,
        }
    }

    /// From now on, it does that at this step.
    pub fn at(&self, step: &'static str, reply: Reply) {
        self.state.lock().expect("whole").replies.insert(step, reply);
    }

    /// From now on, it does nothing special.
    pub fn behave(&self) {
        self.state.lock().expect("whole").replies.clear();
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().expect("whole").taken.clone()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().expect("whole").connections
    }

    /// What it was greeted with last.
    pub fn hello(&self) -> String {
        self.state.lock().expect("whole").hello.clone()
    }
}

async fn welcome(stream: TcpStream, state: Arc<Mutex<State>>, begin: Begin, tls: Option<TlsAcceptor>) {
    let Some(acceptor) = tls else {
        talk(&mut BufStream::new(stream), &state, Begin::Never, true).await;
        return;
    };
    if begin == Begin::AtOnce {
        if let Ok(stream) = acceptor.accept(stream).await {
            talk(&mut BufStream::new(stream), &state, Begin::AtOnce, true).await;
        }
        return;
    }
    let mut plain = BufStream::new(stream);
    if talk(&mut plain, &state, Begin::WhenAsked, true).await
        && let Ok(stream) = acceptor.accept(plain.into_inner()).await
    {
        talk(&mut BufStream::new(stream), &state, Begin::AtOnce, false).await;
    }
}

/// One conversation; says whether TLS is to begin.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>, state: &Mutex<State>, tls: Begin, greets: bool) -> bool {
    let (mut from, mut to, mut user) = (String::new(), String::new(), None);
    let mut usual = "220 ready".to_owned();
    let mut step = "CONNECT";
    let mut is_silent = !greets;
    loop {
        if !std::mem::take(&mut is_silent) {
            let reply = state.lock().expect("whole").replies.get(step).copied();
            let line = match reply {
                None => usual.clone(),
                Some(Reply::Say(line)) => line.to_owned(),
                Some(Reply::Hang) => std::future::pending().await,
                Some(Reply::Leave) => return false,
            };
            if stream.write_all(format!("{line}\r\n").as_bytes()).await.is_err() || stream.flush().await.is_err() {
                return false;
            }
            if step == "DATA" && line.starts_with("354") {
                let Some(bytes) = content(stream).await else { return false };
                // It has the mail from here on, whatever it says.
                let refuses = matches!(state.lock().expect("whole").replies.get("END"), Some(Reply::Say(_)));
                if !refuses {
                    let taken = Taken {
                        from: from.clone(),
                        to: to.clone(),
                        bytes,
                        user: user.clone(),
                        is_tls: tls == Begin::AtOnce,
                    };
                    state.lock().expect("whole").taken.push(taken);
                }
                (step, usual) = ("END", "250 taken".to_owned());
                continue;
            }
            if step == "STARTTLS" && line.starts_with("220") {
                return true;
            }
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        let line = line.trim_end();
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        (step, usual) = match command {
            "EHLO" => {
                state.lock().expect("whole").hello = rest.to_owned();
                let offer = if tls == Begin::WhenAsked {
                    "250-STARTTLS\r\n250 8BITMIME"
                } else {
                    "250-AUTH PLAIN LOGIN\r\n250 8BITMIME"
                };
                ("EHLO", format!("250-localhost\r\n{offer}"))
            }
            "STARTTLS" => ("STARTTLS", "220 begin".to_owned()),
            "AUTH" => {
                let given = STANDARD.decode(rest.trim_start_matches("PLAIN ")).unwrap_or_default();
                let is_known = given == format!("\0{}\0{}", USER.0, USER.1).as_bytes();
                user = is_known.then(|| USER.0.to_owned());
                ("AUTH", if is_known { "235 welcome" } else { "535 5.7.8 who are you" }.to_owned())
            }
            "MAIL" => {
                from = rest.to_owned();
                ("MAIL", "250 ok".to_owned())
            }
            "RCPT" => {
                to = rest.to_owned();
                ("RCPT", "250 ok".to_owned())
            }
            "DATA" => ("DATA", "354 go on".to_owned()),
            "NOOP" => ("NOOP", "250 ok".to_owned()),
            "QUIT" => ("QUIT", "221 bye".to_owned()),
            _ => ("UNKNOWN", "500 what".to_owned()),
        };
    }
}

/// A message without its last line, and without the dots that were doubled on the way.
async fn content<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        if line == b".\r\n" {
            return Some(bytes);
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
