//! Something between a store and its server that breaks when it is told to: at any command that writes, with that command passed on or not, or
//! at once and for all, or by passing on nothing more while it keeps every connection, as a server that is stopped does.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    All,
    /// Everything, until so many more commands were written; the one after them is passed on or not, and nothing comes back.
    Until(u64, bool),
    /// Connections are kept, nothing goes through.
    Frozen,
    /// There are no connections.
    Cut,
}

/// The proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

impl Proxy {
    /// Stands before this server, `host:port`.
    pub async fn start(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(watch::Sender::new(State::All));
        let shared = state.clone();
        tokio::task::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *shared.borrow() != State::Cut
                    && let Ok(server) = TcpStream::connect(&server).await
                {
                    tokio::task::spawn(pass(client, server, shared.clone()));
                }
            }
        });
        Self { address, state }
    }

    /// Breaks after so many more commands that write; the one after them is passed on or not, and nobody is told.
    pub fn break_after(&self, writes: u64, is_done: bool) {
        self.state.send_replace(State::Until(writes, is_done));
    }

    /// Cuts all connections and takes no new ones.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Passes on nothing more.
    pub fn freeze(&self) {
        self.state.send_replace(State::Frozen);
    }

    /// Works again.
    pub fn mend(&self) {
        self.state.send_replace(State::All);
    }

    /// Whether it broke at a command.
    pub fn is_cut(&self) -> bool {
        *self.state.borrow() == State::Cut
    }
}

async fn pass(client: TcpStream, server: TcpStream, state: Arc<watch::Sender<State>>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut watched = state.subscribe();
    tokio::select! {
        _ = commands(from_client, to_server, &state) => {}
        _ = answers(from_server, to_client, state.subscribe()) => {}
        _ = watched.wait_for(|state| *state == State::Cut) => {}
    }
}

async fn thawed(state: &mut watch::Receiver<State>) {
    state.wait_for(|state| *state != State::Frozen).await.expect("the proxy lives");
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        thawed(&mut state).await;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..count]).await?;
    }
}

/// One message of the wire protocol after the other.
async fn commands(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &watch::Sender<State>) -> std::io::Result<()> {
    let mut frozen = state.subscribe();
    loop {
        let mut message = vec![0; 4];
        from.read_exact(&mut message).await?;
        let length = u32::from_le_bytes([message[0], message[1], message[2], message[3]]) as usize;
        message.resize(length, 0);
        from.read_exact(&mut message[4..]).await?;
        thawed(&mut frozen).await;
        let mut is_passed = true;
        let mut is_last = false;
        if is_write(&message) {
            state.send_if_modified(|state| {
                if let State::Until(left, is_done) = *state {
                    (is_last, is_passed) = (left == 0, left > 0 || is_done);
                    *state = State::Until(left.saturating_sub(1), is_done);
                }
                false
            });
        }
        if is_passed {
            to.write_all(&message).await?;
        }
        if is_last {
            if is_passed {
                // Until the server has done it: its answer ends here.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            state.send_replace(State::Cut);
            return Ok(());
        }
    }
}

/// Header of 16 bytes, flags of 4, a zero, the length of the command of 4, the kind of its first value, and its name.
fn is_write(message: &[u8]) -> bool {
    let name = message.get(26..).unwrap_or_default();
    [b"insert\0", b"update\0", b"delete\0"].iter().any(|write| name.starts_with(*write))
}
