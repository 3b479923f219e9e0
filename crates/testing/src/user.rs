//! A person with typed clients, and the steps that most tests begin with.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use tasktracker_proto::analytics::v1::projection_service_client::ProjectionServiceClient;
use tasktracker_proto::analytics::v1::statistics_service_client::StatisticsServiceClient;
use tasktracker_proto::auth::v1::access_service_client::AccessServiceClient;
use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::session_service_client::SessionServiceClient;
use tasktracker_proto::auth::v1::user_service_client::UserServiceClient;
use tasktracker_proto::auth::v1::{RegisterRequest, SessionKind, SignInRequest, SignInResponse};
use tasktracker_proto::core::v1::comment_service_client::CommentServiceClient;
use tasktracker_proto::core::v1::mail_feedback_service_client::MailFeedbackServiceClient;
use tasktracker_proto::core::v1::notification_service_client::NotificationServiceClient;
use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::core::v1::status_service_client::StatusServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::core::v1::watch_service_client::WatchServiceClient;
use tasktracker_proto::files::v1::file_service_client::FileServiceClient;
use tasktracker_proto::files::v1::upload_service_client::UploadServiceClient;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status as Refusal};

use crate::world::PASSWORD;

/// A person, or a stranger without a credential.
#[derive(Debug, Clone)]
pub struct User {
    /// Id; empty for a stranger.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// The refresh token of the newest session.
    pub refresh_token: String,
    bearer: Bearer,
    channel: Channel,
    address: SocketAddr,
}

/// Puts the person's access token, and what a test adds, on every call.
#[derive(Debug, Clone, Default)]
pub struct Bearer {
    token: Arc<RwLock<String>>,
    extra: Vec<(&'static str, String)>,
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Refusal> {
        let token = self.token.read().unwrap_or_else(PoisonError::into_inner).clone();
        if !token.is_empty() {
            let header = MetadataValue::try_from(format!("Bearer {token}")).expect("a header");
            request.metadata_mut().insert("authorization", header);
        }
        for (name, value) in &self.extra {
            request
                .metadata_mut()
                .insert(*name, MetadataValue::try_from(value).expect("a header"));
        }
        Ok(request)
    }
}

type Client = InterceptedService<Channel, Bearer>;

impl User {
    pub(crate) fn stranger(channel: Channel, address: SocketAddr) -> Self {
        Self {
            id: String::new(),
            email: String::new(),
            refresh_token: String::new(),
            bearer: Bearer::default(),
            channel,
            address,
        }
    }

    pub(crate) fn moved_to(&self, channel: Channel, address: SocketAddr) -> Self {
        Self {
            id: self.id.clone(),
            email: self.email.clone(),
            ..Self::stranger(channel, address)
        }
    }

    pub(crate) async fn register(channel: Channel, address: SocketAddr, name: &str, setup_token: Option<String>) -> Self {
        let mut user = Self::stranger(channel, address);
        user.email = format!("{name}@example.com");
        let request = RegisterRequest {
            email: user.email.clone(),
            display_name: name.to_owned(),
            password: PASSWORD.to_owned(),
            setup_token: setup_token.unwrap_or_default(),
        };
        user.accounts().register(request).await.expect("registers");
        let session = user.sign_in().await;
        user.id = session.user.expect("a user").id;
        user.refresh_token = session.refresh_token;
        user.set_token(session.access_token);
        user
    }

    /// A new NATIVE session; this user's own token stays as it is.
    pub async fn sign_in(&self) -> SignInResponse {
        let request = SignInRequest {
            email: self.email.clone(),
            password: PASSWORD.to_owned(),
            session_kind: SessionKind::Native.into(),
        };
        self.sessions().sign_in(request).await.expect("signs in").into_inner()
    }

    /// A new session, whose token this user and all its clients use from now on.
    pub async fn sign_in_again(&self) {
        let session = self.sign_in().await;
        self.set_token(session.access_token);
    }

    /// The access token.
    #[must_use]
    pub fn token(&self) -> String {
        self.bearer.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another token in its place.
    pub fn set_token(&self, token: String) {
        *self.bearer.token.write().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// The same person, whose calls carry one more piece of metadata.
    #[must_use]
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut user = self.clone();
        user.bearer.extra.push((name, value.to_owned()));
        user
    }

    fn client(&self) -> Client {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    /// Client of SessionService.
    #[must_use]
    pub fn sessions(&self) -> SessionServiceClient<Client> {
        SessionServiceClient::new(self.client())
    }

    /// Client of AccountService.
    #[must_use]
    pub fn accounts(&self) -> AccountServiceClient<Client> {
        AccountServiceClient::new(self.client())
    }

    /// Client of UserService.
    #[must_use]
    pub fn users(&self) -> UserServiceClient<Client> {
        UserServiceClient::new(self.client())
    }

    /// Client of AccessService.
    #[must_use]
    pub fn access(&self) -> AccessServiceClient<Client> {
        AccessServiceClient::new(self.client())
    }

    /// Client of ProjectService.
    #[must_use]
    pub fn projects(&self) -> ProjectServiceClient<Client> {
        ProjectServiceClient::new(self.client())
    }

    /// Client of StatusService.
    #[must_use]
    pub fn statuses(&self) -> StatusServiceClient<Client> {
        StatusServiceClient::new(self.client())
    }

    /// Client of TaskService.
    #[must_use]
    pub fn tasks(&self) -> TaskServiceClient<Client> {
        TaskServiceClient::new(self.client())
    }

    /// Client of CommentService.
    #[must_use]
    pub fn comments(&self) -> CommentServiceClient<Client> {
        CommentServiceClient::new(self.client())
    }

    /// Client of WatchService.
    #[must_use]
    pub fn watch(&self) -> WatchServiceClient<Client> {
        WatchServiceClient::new(self.client())
    }

    /// Client of NotificationService.
    #[must_use]
    pub fn notifications(&self) -> NotificationServiceClient<Client> {
        NotificationServiceClient::new(self.client())
    }

    /// Client of MailFeedbackService.
    #[must_use]
    pub fn mail_feedback(&self) -> MailFeedbackServiceClient<Client> {
        MailFeedbackServiceClient::new(self.client())
    }

    /// Client of UploadService.
    #[must_use]
    pub fn uploads(&self) -> UploadServiceClient<Client> {
        UploadServiceClient::new(self.client())
    }

    /// Client of FileService.
    #[must_use]
    pub fn files(&self) -> FileServiceClient<Client> {
        FileServiceClient::new(self.client())
    }

    /// Client of StatisticsService.
    #[must_use]
    pub fn statistics(&self) -> StatisticsServiceClient<Client> {
        StatisticsServiceClient::new(self.client())
    }

    /// Client of ProjectionService.
    #[must_use]
    pub fn projections(&self) -> ProjectionServiceClient<Client> {
        ProjectionServiceClient::new(self.client())
    }

    /// Calls REST as this person: the status and the body as JSON (null for none).
    pub async fn rest(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = reqwest::Client::new().request(method, format!("http://{}{path}", self.address));
        let token = self.token();
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.bearer.extra {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("the gateway answers");
        let status = response.status().as_u16();
        let bytes = response.bytes().await.expect("a body");
        (
            status,
            if bytes.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&bytes).expect("JSON")
            },
        )
    }
}
