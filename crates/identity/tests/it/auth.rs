//! An Auth that says what a test wants: answers by a table, held back, refused, or not at all; and writes down what it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tasktracker_proto::auth::v1::credential_service_server::CredentialService;
use tasktracker_proto::auth::v1::permission_service_server::PermissionService;
use tasktracker_proto::auth::v1::*;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::clock::{Clock, ManualClock};
use tasktracker_server::error::Code;
use tasktracker_server::{RpcError, time};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// What each person may do in each place.
pub type Grants = HashMap<(Uuid, Option<Uuid>), Vec<i32>>;

/// How Auth behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Answers.
    Well,
    /// Refuses with this code.
    Says(Code),
    /// Takes a call and never answers it.
    Silent,
}

/// One message of the stream of changes, or how it goes on.
#[derive(Debug, Clone)]
pub enum Word {
    Change(WatchChangesResponse),
    Refuse(Code, ErrorReason),
    End,
}

/// A question that was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub user_id: String,
    pub project_id: String,
    pub consistency: Option<Consistency>,
}

#[derive(Debug)]
pub struct State {
    pub mood: Mood,
    pub credential_mood: Mood,
    pub opening_mood: Mood,
    /// What Auth's present answers are made of.
    pub revision: i64,
    pub grants: Grants,
    /// Questions about one person in one place.
    pub asked: Vec<Question>,
    /// Questions about a person's projects.
    pub listed: Vec<Question>,
    pub decisions: Vec<i32>,
    pub tokens: usize,
    /// Revisions from which the stream of changes was opened, and what is said on each opening.
    pub opened: Vec<i64>,
    pub words: VecDeque<Vec<Word>>,
    /// Where answers wait after they were made, while a test holds them.
    pub gate: Option<Arc<Semaphore>>,
    /// Where questions about anything but the newest data are answered from an old copy.
    pub lagging: Option<(i64, Grants)>,
    pub token_life: Duration,
}

#[derive(Debug, Clone)]
pub struct FakeAuth {
    state: Arc<Mutex<State>>,
    clock: Arc<ManualClock>,
}

impl FakeAuth {
    pub fn new(clock: Arc<ManualClock>) -> Self {
        let state = State {
            mood: Mood::Well,
            credential_mood: Mood::Well,
            opening_mood: Mood::Well,
            revision: 1,
            grants: HashMap::new(),
            asked: Vec::new(),
            listed: Vec::new(),
            decisions: Vec::new(),
            tokens: 0,
            opened: Vec::new(),
            words: VecDeque::new(),
            gate: None,
            lagging: None,
            token_life: Duration::from_secs(300),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            clock,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Changes what somebody may do; answers the new revision.
    pub fn grant(&self, user: Uuid, project: Option<Uuid>, permissions: &[Permission]) -> i64 {
        let mut state = self.state();
        state.revision += 1;
        state
            .grants
            .insert((user, project), permissions.iter().map(|permission| *permission as i32).collect());
        state.revision
    }

    pub fn asked(&self) -> usize {
        self.state().asked.len()
    }

    /// From now on answers wait, after they were made, until the test lets them go.
    pub fn hold(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.state().gate = Some(gate.clone());
        gate
    }

    async fn in_mood(mood: Mood) -> Result<(), Status> {
        match mood {
            Mood::Well => Ok(()),
            Mood::Says(code) => Err(RpcError::new(code, ErrorReason::Internal, "as the test wants").into()),
            Mood::Silent => std::future::pending().await,
        }
    }

    /// The table that answers a question, with its revision.
    fn table(&self, consistency: Option<&Consistency>) -> Result<(i64, Grants), Status> {
        let state = self.state();
        let requirement = consistency.and_then(|consistency| consistency.requirement);
        let newest = (state.revision, state.grants.clone());
        match (requirement, &state.lagging) {
            (Some(consistency::Requirement::AtLeastRevision(revision)), _) if revision > state.revision => {
                let message = "no such revision";
                Err(RpcError::new(Code::FailedPrecondition, ErrorReason::RevisionUnknown, message).into())
            }
            (None, Some(lagging)) => Ok(lagging.clone()),
            _ => Ok(newest),
        }
    }

    async fn wait_at_gate(&self) {
        let gate = self.state().gate.clone();
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
    }
}

pub fn change(revision: i64, user: Option<Uuid>, project: Option<Uuid>) -> WatchChangesResponse {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let changed = AccessChanged {
        user_id: text(user),
        project_id: text(project),
    };
    WatchChangesResponse {
        revision,
        change: Some(watch_changes_response::Change::AccessChanged(changed)),
    }
}

pub fn session_ended(revision: i64, session: Uuid) -> WatchChangesResponse {
    let ended = SessionEnded {
        session_id: session.to_string(),
        user_id: String::new(),
    };
    WatchChangesResponse {
        revision,
        change: Some(watch_changes_response::Change::SessionEnded(ended)),
    }
}

pub fn sign_of_life(revision: i64) -> WatchChangesResponse {
    WatchChangesResponse { revision, change: None }
}

#[tonic::async_trait]
impl PermissionService for FakeAuth {
    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        Ok(Response::new(CheckResponse {
            decision: Decision::Allowed.into(),
            revision: 1,
        }))
    }

    async fn batch_check(&self, _: Request<BatchCheckRequest>) -> Result<Response<BatchCheckResponse>, Status> {
        let (mood, decisions, revision) = {
            let state = self.state();
            (state.mood, state.decisions.clone(), state.revision)
        };
        Self::in_mood(mood).await?;
        Ok(Response::new(BatchCheckResponse { decisions, revision }))
    }

    async fn get_effective_permissions(
        &self,
        request: Request<GetEffectivePermissionsRequest>,
    ) -> Result<Response<GetEffectivePermissionsResponse>, Status> {
        assert!(request.metadata().get("authorization").is_some(), "services say who they are");
        let GetEffectivePermissionsRequest {
            user_id,
            project_id,
            consistency,
        } = request.into_inner();
        let key = (user_id.parse().unwrap(), project_id.parse().ok());
        let mood = {
            let mut state = self.state();
            state.asked.push(Question {
                user_id,
                project_id,
                consistency,
            });
            state.mood
        };
        Self::in_mood(mood).await?;
        let (revision, grants) = self.table(consistency.as_ref())?;
        let permissions = grants.get(&key).cloned().unwrap_or_default();
        self.wait_at_gate().await;
        Ok(Response::new(GetEffectivePermissionsResponse { permissions, revision }))
    }

    async fn list_accessible(&self, request: Request<ListAccessibleRequest>) -> Result<Response<ListAccessibleResponse>, Status> {
        let ListAccessibleRequest {
            user_id,
            permission,
            consistency,
        } = request.into_inner();
        let user: Uuid = user_id.parse().unwrap();
        let mood = {
            let mut state = self.state();
            state.listed.push(Question {
                user_id,
                project_id: String::new(),
                consistency,
            });
            state.mood
        };
        Self::in_mood(mood).await?;
        let (revision, grants) = self.table(consistency.as_ref())?;
        let has = |((whose, _), permissions): &(&(Uuid, Option<Uuid>), &Vec<i32>)| *whose == user && permissions.contains(&permission);
        let mut project_ids: Vec<_> = grants
            .iter()
            .filter(has)
            .filter_map(|((_, project), _)| *project)
            .map(|id| id.to_string())
            .collect();
        project_ids.sort();
        self.wait_at_gate().await;
        Ok(Response::new(ListAccessibleResponse {
            project_ids,
            truncated: false,
            revision,
        }))
    }

    async fn list_subjects(&self, _: Request<ListSubjectsRequest>) -> Result<Response<ListSubjectsResponse>, Status> {
        Ok(Response::new(ListSubjectsResponse::default()))
    }

    type WatchChangesStream = BoxStream<'static, Result<WatchChangesResponse, Status>>;

    async fn watch_changes(&self, request: Request<WatchChangesRequest>) -> Result<Response<Self::WatchChangesStream>, Status> {
        let (mood, words) = {
            let mut state = self.state();
            state.opened.push(request.into_inner().after_revision);
            // Only the first opening is in this mood.
            let mood = std::mem::replace(&mut state.opening_mood, Mood::Well);
            let words = if mood == Mood::Well {
                state.words.pop_front().unwrap_or_default()
            } else {
                Vec::new()
            };
            (mood, words)
        };
        Self::in_mood(mood).await?;
        let ends = words.iter().any(|word| matches!(word, Word::End));
        let said = words.into_iter().filter_map(|word| match word {
            Word::Change(message) => Some(Ok(message)),
            Word::Refuse(code, reason) => Some(Err(Status::from(RpcError::new(code, reason, "as the test wants")))),
            Word::End => None,
        });
        let said = futures_util::stream::iter(said.collect::<Vec<_>>());
        let stream = if ends {
            said.boxed()
        } else {
            said.chain(futures_util::stream::pending()).boxed()
        };
        Ok(Response::new(stream))
    }
}

#[tonic::async_trait]
impl CredentialService for FakeAuth {
    async fn exchange_credential(&self, _: Request<ExchangeCredentialRequest>) -> Result<Response<ExchangeCredentialResponse>, Status> {
        Ok(Response::new(ExchangeCredentialResponse::default()))
    }

    async fn issue_service_token(&self, _: Request<IssueServiceTokenRequest>) -> Result<Response<IssueServiceTokenResponse>, Status> {
        let (mood, number, life) = {
            let mut state = self.state();
            state.tokens += 1;
            (state.credential_mood, state.tokens, state.token_life)
        };
        Self::in_mood(mood).await?;
        let expires = self.clock.now().saturating_add(life).unwrap();
        let answer = IssueServiceTokenResponse {
            access_token: format!("service-{number}"),
            expire_time: Some(time::to_proto(expires)),
        };
        Ok(Response::new(answer))
    }
}
