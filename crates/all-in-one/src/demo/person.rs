//! A person of the demo, who signs in, and again whenever the demo's fast clock has ended the token.

use std::sync::Arc;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use tasktracker_proto::auth::v1::access_service_client::AccessServiceClient;
use tasktracker_proto::auth::v1::account_service_client::AccountServiceClient;
use tasktracker_proto::auth::v1::session_service_client::SessionServiceClient;
use tasktracker_proto::auth::v1::{RefreshSessionRequest, RegisterRequest, SessionKind, SignInRequest};
use tasktracker_proto::core::v1::comment_service_client::CommentServiceClient;
use tasktracker_proto::core::v1::notification_service_client::NotificationServiceClient;
use tasktracker_proto::core::v1::project_service_client::ProjectServiceClient;
use tasktracker_proto::core::v1::status_service_client::StatusServiceClient;
use tasktracker_proto::core::v1::task_service_client::TaskServiceClient;
use tasktracker_proto::files::v1::upload_service_client::UploadServiceClient;
use tasktracker_server::Upstream;
use tasktracker_server::clock::{Clock, ManualClock};
use tonic::Request;
use tonic::metadata::MetadataValue;

use crate::system::System;

/// A session ends after 30 days, or 14 days unused: well before that a person signs in anew.
const SIGN_IN_AGAIN: SignedDuration = SignedDuration::from_hours(10 * 24);

/// A person with typed clients.
pub struct Person {
    pub id: String,
    pub access: AccessServiceClient<Upstream>,
    pub projects: ProjectServiceClient<Upstream>,
    pub statuses: StatusServiceClient<Upstream>,
    pub tasks: TaskServiceClient<Upstream>,
    pub comments: CommentServiceClient<Upstream>,
    pub notifications: NotificationServiceClient<Upstream>,
    pub uploads: UploadServiceClient<Upstream>,
    sessions: SessionServiceClient<Upstream>,
    clock: Arc<ManualClock>,
    email: String,
    access_token: String,
    refresh_token: String,
    renewed: Timestamp,
    signed_in: Timestamp,
}

impl Person {
    pub async fn register(
        system: &System,
        clock: Arc<ManualClock>,
        name: &str,
        display_name: &str,
        setup_token: &str,
    ) -> anyhow::Result<Self> {
        let email = format!("{name}@example.com");
        let register = RegisterRequest {
            email: email.clone(),
            display_name: display_name.to_owned(),
            password: super::PASSWORD.to_owned(),
            setup_token: setup_token.to_owned(),
        };
        let made = AccountServiceClient::new(system.way_to("tasktracker.auth.v1.AccountService"))
            .register(register)
            .await?
            .into_inner();
        let (auth, core) = (
            &system.way_to("tasktracker.auth.v1.AccountService"),
            &system.way_to("tasktracker.core.v1.TaskService"),
        );
        let mut person = Self {
            id: made.user.context("a user")?.id,
            access: AccessServiceClient::new(auth.clone()),
            projects: ProjectServiceClient::new(core.clone()),
            statuses: StatusServiceClient::new(core.clone()),
            tasks: TaskServiceClient::new(core.clone()),
            comments: CommentServiceClient::new(core.clone()),
            notifications: NotificationServiceClient::new(core.clone()),
            uploads: UploadServiceClient::new(system.way_to("tasktracker.files.v1.UploadService")),
            sessions: SessionServiceClient::new(auth.clone()),
            renewed: clock.now(),
            signed_in: clock.now(),
            clock,
            email,
            access_token: String::new(),
            refresh_token: String::new(),
        };
        person.sign_in().await?;
        Ok(person)
    }

    /// A request as this person makes it now.
    pub async fn request<T>(&mut self, message: T) -> anyhow::Result<Request<T>> {
        let now = self.clock.now();
        if now.duration_since(self.signed_in) > SIGN_IN_AGAIN {
            self.sign_in().await?;
        } else if now.duration_since(self.renewed) > SignedDuration::try_from(super::RENEW)? {
            self.refresh().await?;
        }
        let mut request = Request::new(message);
        let bearer = MetadataValue::try_from(format!("Bearer {}", self.access_token))?;
        request.metadata_mut().insert("authorization", bearer);
        Ok(request)
    }

    async fn sign_in(&mut self) -> anyhow::Result<()> {
        let sign_in = SignInRequest {
            email: self.email.clone(),
            password: super::PASSWORD.to_owned(),
            session_kind: SessionKind::Native.into(),
        };
        let session = self.sessions.sign_in(sign_in).await?.into_inner();
        self.signed_in = self.clock.now();
        self.keep(session.access_token, session.refresh_token);
        Ok(())
    }

    async fn refresh(&mut self) -> anyhow::Result<()> {
        let refresh = RefreshSessionRequest {
            refresh_token: self.refresh_token.clone(),
        };
        let session = self.sessions.refresh_session(refresh).await?.into_inner();
        self.keep(session.access_token, session.refresh_token);
        Ok(())
    }

    fn keep(&mut self, access_token: String, refresh_token: String) {
        self.renewed = self.clock.now();
        self.access_token = access_token;
        self.refresh_token = refresh_token;
    }
}
