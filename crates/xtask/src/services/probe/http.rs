//! One GET request without anything that needs a library: the answer ends with the connection.

use std::io::{Read, Write};

use anyhow::{Context, Result};

use super::{LONGEST, connect};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// What follows the head, as text.
    pub body: String,
}

/// Asks the server on a port; `headers` are whole lines.
pub fn http(port: u16, path: &str, headers: &str) -> Result<Answer> {
    let mut stream = connect(port)?;
    let question = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n{headers}\r\n");
    stream.write_all(question.as_bytes())?;
    let mut bytes = Vec::new();
    stream
        .take(LONGEST as u64)
        .read_to_end(&mut bytes)
        .context("its answer is cut off")?;
    parse(&String::from_utf8_lossy(&bytes)).context("its answer is no HTTP")
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split_whitespace().nth(1)?;
    Some(Answer {
        status: status.parse().ok()?,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::answering;
    use super::*;

    #[test]
    fn reads_status_and_body() {
        let answer = http(answering(b"HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\n<a/>".to_vec()), "/", "").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (403, "<a/>"));
        assert!(http(answering(b"+PONG\r\n".to_vec()), "/", "").is_err());
    }
}
