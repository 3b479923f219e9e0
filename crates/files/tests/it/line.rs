//! The line to a server elsewhere, which a test can cut or leave without an answer: bytes pass through here unchanged.

use std::net::SocketAddr;
use std::time::Duration;

use tasktracker_server::Lifecycle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Bytes pass.
    Whole,
    /// Connections are made and kept, and nothing passes: as where the server is stopped.
    Silent,
    /// Connections break, and none can be made: as where the server is killed.
    Cut,
}

/// The line.
pub struct Line {
    pub address: SocketAddr,
    state: watch::Sender<State>,
    lifecycle: Lifecycle,
}

impl Line {
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, watched) = watch::channel(State::Whole);
        let lifecycle = Lifecycle::new();
        let owner = lifecycle.clone();
        lifecycle.spawn("line", async move {
            while let Ok((near, _)) = listener.accept().await {
                let (server, watched) = (server.clone(), watched.clone());
                owner.spawn("connection", async move { carry(near, server, watched).await });
            }
        });
        Self { address, state, lifecycle }
    }

    pub fn is(&self, state: State) {
        self.state.send_replace(state);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

async fn carry(near: TcpStream, server: String, mut state: watch::Receiver<State>) {
    let mut cut = state.clone();
    if state.wait_for(|state| *state != State::Silent).await.is_err() || *state.borrow() == State::Cut {
        return;
    }
    let Ok(far) = TcpStream::connect(server).await else { return };
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    tokio::select! {
        _ = cut.wait_for(|state| *state == State::Cut) => {}
        () = async { tokio::join!(pass(near_read, far_write, state.clone()), pass(far_read, near_write, state.clone())); } => {}
    }
}

async fn pass(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, mut state: watch::Receiver<State>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if state.wait_for(|state| *state != State::Silent).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
    let _ = tokio::time::timeout(Duration::from_secs(1), to.shutdown()).await;
}
