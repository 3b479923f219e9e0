//! Redis is pinged. While it loads data, or is stuck in a script, it answers an error instead.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};

use super::connect;

/// Asks the server on a port.
pub fn redis(port: u16) -> Result<()> {
    let mut stream = connect(port)?;
    stream.write_all(b"PING\r\nQUIT\r\n")?;
    let mut bytes = Vec::new();
    stream.take(1024).read_to_end(&mut bytes).context("its answer is cut off")?;
    if !bytes.starts_with(b"+PONG\r\n") {
        bail!("it answers `{}`", String::from_utf8_lossy(&bytes).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::answering;
    use super::*;

    #[test]
    fn only_a_pong_is_healthy() {
        redis(answering(b"+PONG\r\n+OK\r\n".to_vec())).unwrap();
        let error = redis(answering(b"-LOADING Redis is loading\r\n".to_vec())).unwrap_err();
        assert!(error.to_string().contains("LOADING"), "{error}");
    }
}
