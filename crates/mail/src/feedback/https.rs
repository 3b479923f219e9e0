//! Small documents over HTTPS: no redirects, a bounded size and time, the certificates of the system.

use std::time::Duration;

use anyhow::anyhow;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;

use super::{Fetch, FetchError};

const TIMEOUT: Duration = Duration::from_secs(5);
/// A certificate has 2 KiB.
const LARGEST: usize = 64 * 1024;

type Body = Empty<&'static [u8]>;

/// Gets documents over HTTPS.
#[derive(Debug)]
pub struct Https(Client<HttpsConnector<HttpConnector>, Body>);

impl Https {
    /// With the certificates that the system trusts.
    pub fn new() -> std::io::Result<Self> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_only()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }
}

impl Fetch for Https {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
        Box::pin(get(&self.0, url, TIMEOUT))
    }
}

async fn get<C>(client: &Client<C, Body>, url: &str, patience: Duration) -> Result<Vec<u8>, FetchError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let late = |_| FetchError::Failed(anyhow!("{} took longer than {patience:?}", host(url)));
    tokio::time::timeout(patience, read(client, url)).await.map_err(late)?
}

async fn read<C>(client: &Client<C, Body>, url: &str) -> Result<Vec<u8>, FetchError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let failed = |error: anyhow::Error| FetchError::Failed(error.context(format!("{} does not answer", host(url))));
    let uri = url.parse().map_err(|_| FetchError::Refused("no address".to_owned()))?;
    let answer = client.get(uri).await.map_err(|error| failed(error.into()))?;
    let status = answer.status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(failed(anyhow!("status {status}")));
    }
    if status.as_u16() != 200 {
        return Err(FetchError::Refused(format!("{} answered {status}", host(url))));
    }
    match Limited::new(answer.into_body(), LARGEST).collect().await {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => Err(FetchError::Refused(format!("{} sent too much", host(url)))),
        Err(error) => Err(failed(anyhow!(error))),
    }
}

/// Queries hold tokens, and stay out of logs.
fn host(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// What comes of a server that answers this, without TLS, which is the connector's matter.
    async fn got(answer: String) -> Result<Vec<u8>, FetchError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/certificate.pem", listener.local_addr().unwrap());
        let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            assert!(request[..read].starts_with(b"GET /certificate.pem HTTP/1.1\r\n"));
            let _ = stream.write_all(answer.as_bytes()).await;
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            got = get(&client, &url, Duration::from_millis(300)) => got,
            () = async { serve.await; std::future::pending().await } => unreachable!(),
        }
    }

    #[tokio::test]
    async fn only_small_documents_at_that_very_address_are_taken() {
        let document = got("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhere".to_owned()).await;
        assert_eq!(document.unwrap(), b"here");
        let far = "HTTP/1.1 302 Found\r\nlocation: https://example.com/\r\ncontent-length: 0\r\n\r\n";
        for refused in [far.to_owned(), "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()] {
            assert!(matches!(got(refused.clone()).await, Err(FetchError::Refused(_))), "{refused}");
        }
        let large = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(LARGEST + 1));
        assert!(matches!(got(large).await, Err(FetchError::Refused(_))));
        let cut_off = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhe".to_owned();
        for failed in ["HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n".to_owned(), cut_off, String::new()] {
            assert!(matches!(got(failed.clone()).await, Err(FetchError::Failed(_))), "{failed}");
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_without_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let https = Https::new().unwrap();
        tokio::select! {
            got = https.get(&url) => assert!(got.is_err(), "{got:?}"),
            _ = listener.accept() => panic!("asked in the clear"),
        }
    }
}
