//! The gateway of a running instance, as somebody outside finds it: an address, the set-up token, and the first owner's credentials.

use std::time::Duration;

use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::session_service_client::SessionServiceClient;
use tasktracker_proto::auth::v1::{RegisterRequest, SessionKind, SignInRequest};
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};

use crate::world::PASSWORD;

const EMAIL: &str = "ada@example.com";

/// Where an instance can be reached.
#[derive(Debug)]
pub struct Entrance {
    /// Where the gateway listens.
    pub address: String,
    /// The set-up token, while there is no owner.
    pub setup_token: String,
    kept: tokio::sync::Mutex<Option<(String, std::time::Instant)>>,
}

impl Entrance {
    /// An instance at this address.
    #[must_use]
    pub fn new(address: String, setup_token: String) -> Self {
        Self {
            address,
            setup_token,
            kept: tokio::sync::Mutex::default(),
        }
    }

    /// A new connection.
    pub async fn connect(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address))
            .expect("an address")
            .tcp_nodelay(true);
        endpoint.connect().await.expect("the gateway answers")
    }

    /// Registers the first owner and answers a token.
    pub async fn owner(&self) -> String {
        let register = RegisterRequest {
            email: EMAIL.to_owned(),
            display_name: "Ada".to_owned(),
            password: PASSWORD.to_owned(),
            setup_token: self.setup_token.clone(),
        };
        AccountServiceClient::new(self.connect().await)
            .register(register)
            .await
            .expect("registers");
        self.token().await
    }

    /// A fresh access token of the owner.
    pub async fn token(&self) -> String {
        self.token_of(EMAIL).await
    }

    /// A fresh access token of somebody.
    pub async fn token_of(&self, email: &str) -> String {
        let sign_in = SignInRequest {
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
            session_kind: SessionKind::Native.into(),
        };
        let answer = SessionServiceClient::new(self.connect().await)
            .sign_in(sign_in)
            .await
            .expect("signs in");
        answer.into_inner().access_token
    }

    /// A token of the owner that is kept for some minutes, for many calls of one kind.
    pub async fn token_once(&self) -> String {
        if let Some((token, since)) = &*self.kept.lock().await
            && since.elapsed() < Duration::from_secs(120)
        {
            return token.clone();
        }
        let token = self.token().await;
        #[expect(clippy::disallowed_methods, reason = "real time passes while a process runs")]
        let now = std::time::Instant::now();
        *self.kept.lock().await = Some((token.clone(), now));
        token
    }
}

/// A request with a token.
#[must_use]
pub fn signed<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(
        "authorization",
        MetadataValue::try_from(format!("Bearer {token}")).expect("a token"),
    );
    request
}
