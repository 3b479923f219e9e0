//! Questions to servers in their own protocols, so that xtask needs none of their clients. Each is answered only by a server that works.

mod http;
mod kafka;
mod mongodb;
mod redis;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

pub use http::http;
pub use kafka::kafka;
pub use mongodb::mongodb;
pub use redis::redis;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// No answer to our questions is longer.
const LONGEST: usize = 1024 * 1024;

/// A connection to a port of this machine that does not wait for ever.
fn connect(port: u16) -> Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("nobody listens on {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends a question, and reads the answer to its length of four bytes in front, which `length` understands.
fn ask(port: u16, question: &[u8], length: fn([u8; 4]) -> usize) -> Result<Vec<u8>> {
    let mut stream = connect(port)?;
    stream.write_all(question)?;
    let mut front = [0; 4];
    stream.read_exact(&mut front).context("it does not answer")?;
    let length = length(front);
    ensure!(length <= LONGEST, "its answer is in another protocol");
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).context("its answer is cut off")?;
    Ok(answer)
}

/// A server that gives one prepared answer to its first caller.
#[cfg(test)]
fn answering(answer: Vec<u8>) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::Builder::new()
        .spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 1024];
            let _ = stream.read(&mut question).unwrap();
            stream.write_all(&answer).unwrap();
            // Closed with something unread, the connection would end with an error instead of its end.
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        })
        .unwrap();
    port
}
