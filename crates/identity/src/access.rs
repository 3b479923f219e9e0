//! Questions to Auth about permissions, asked once a request and kept for five seconds at most. Only good answers are kept; an answer
//! older than a change that concerns it is never used; and without an answer there is UNAVAILABLE, never a yes and never a no.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::future::Cache;
use tasktracker_proto::auth::v1::permission_service_client::PermissionServiceClient;
use tasktracker_proto::auth::v1::{
    BatchCheckRequest, CheckRequest, Consistency, Decision, GetEffectivePermissionsRequest, GetEffectivePermissionsResponse,
    ListAccessibleRequest, ListAccessibleResponse, ListSubjectsRequest, Permission, consistency::Requirement,
};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::RpcError;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::error::{Code, reason_of};
use tokio::sync::Mutex;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::call::Call;
use crate::changes::Changes;
use crate::granted::Granted;
use crate::permission::PermissionSet;
use crate::service::AsService;

/// How long an answer may be used: promise P2.
const FRESH: Duration = Duration::from_secs(5);
/// How long "nothing at all" may be used: a person who was just added must not wait.
const NOTHING_FRESH: Duration = Duration::from_secs(1);
/// How long Auth may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long those who ask the same wait for one answer.
const TOGETHER: Duration = Duration::from_millis(20);

/// Cached questions to Auth.
#[derive(Debug, Clone)]
pub struct Access {
    client: PermissionServiceClient<AsService>,
    changes: Changes,
    clock: SharedClock,
    granted: Cache<(Uuid, Option<Uuid>), Answer<PermissionSet>>,
    accessible: Cache<(Uuid, i32), Answer<Arc<Accessible>>>,
    /// Who asks the same at the same time waits for one question.
    flights: Cache<(Uuid, Option<Uuid>), Arc<Mutex<()>>>,
}

#[derive(Debug, Clone)]
struct Answer<T> {
    value: T,
    revision: i64,
    made: Timestamp,
    life: Duration,
}

impl<T> Answer<T> {
    fn is_good(&self, least: i64, now: Timestamp) -> bool {
        let age = now.duration_since(self.made);
        self.revision >= least && age.is_zero() | age.is_positive() && age.unsigned_abs() <= self.life
    }
}

/// The projects in which a person has a permission.
#[derive(Debug)]
pub struct Accessible {
    /// Their ids, sorted.
    pub project_ids: Vec<Uuid>,
}

impl Access {
    /// Asks this Auth, and forgets what `changes` says.
    #[must_use]
    pub fn new(auth: AsService, changes: Changes, clock: SharedClock) -> Self {
        Self {
            client: PermissionServiceClient::new(auth),
            changes,
            clock,
            granted: Cache::builder().max_capacity(100_000).time_to_live(FRESH).build(),
            flights: Cache::builder().max_capacity(10_000).time_to_idle(FRESH).build(),
            accessible: Cache::builder().max_capacity(10_000).time_to_live(FRESH).build(),
        }
    }

    /// What changes of access concern whom, for live streams.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// What the caller may do in a project.
    ///
    /// # Errors
    /// UNAVAILABLE without an answer of Auth; FAILED_PRECONDITION for a revision that does not exist.
    pub async fn in_project(&self, call: &Call, project_id: Uuid) -> Result<Granted, RpcError> {
        self.effective(call.user_id()?, Some(project_id), asked_revision(call)?, false)
            .await
    }

    /// What the caller may do in a project by the newest data: for what cannot be undone.
    ///
    /// # Errors
    /// As `in_project`.
    pub async fn in_project_now(&self, call: &Call, project_id: Uuid) -> Result<Granted, RpcError> {
        let asked = asked_revision(call)?;
        let granted = self.effective(call.user_id()?, Some(project_id), 0, true).await?;
        if granted.revision < asked {
            Err(revision_unknown())
        } else {
            Ok(granted)
        }
    }

    /// What the caller may do in the instance.
    ///
    /// # Errors
    /// As `in_project`.
    pub async fn in_system(&self, call: &Call) -> Result<Granted, RpcError> {
        self.effective(call.user_id()?, None, asked_revision(call)?, false).await
    }

    /// What a person may do in a project, for streams that go on after their call.
    ///
    /// # Errors
    /// As `in_project`.
    pub async fn of_user(&self, user_id: Uuid, project_id: Uuid) -> Result<Granted, RpcError> {
        self.effective(user_id, Some(project_id), 0, false).await
    }

    async fn effective(&self, user_id: Uuid, project_id: Option<Uuid>, asked: i64, newest: bool) -> Result<Granted, RpcError> {
        let key = (user_id, project_id);
        let least = self.changes.least_revision(user_id, project_id).max(asked);
        if newest {
            return self.ask(key, asked, newest).await;
        }
        if let Some(granted) = self.kept(&key, least).await {
            return Ok(granted);
        }
        let flight = self.flights.get_with(key, async { Arc::default() }).await;
        // A courtesy to Auth, not a queue: where the answer is slow to come, each asks for itself.
        let _alone = tokio::time::timeout(TOGETHER, flight.lock()).await.ok();
        // A change may have come while this one waited.
        let least = self.changes.least_revision(user_id, project_id).max(asked);
        match self.kept(&key, least).await {
            Some(granted) => Ok(granted),
            None => self.ask(key, asked, newest).await,
        }
    }

    /// An answer that is still good.
    async fn kept(&self, key: &(Uuid, Option<Uuid>), least: i64) -> Option<Granted> {
        let answer = self
            .granted
            .get(key)
            .await
            .filter(|answer| answer.is_good(least, self.clock.now()))?;
        Some(Granted {
            permissions: answer.value,
            revision: answer.revision,
        })
    }

    /// Asks Auth, and keeps the answer.
    async fn ask(&self, key: (Uuid, Option<Uuid>), asked: i64, newest: bool) -> Result<Granted, RpcError> {
        let (user_id, project_id) = key;
        // The age of an answer counts from the question: it may have been made any time since.
        let made = self.clock.now();
        let mut answer = self.ask_effective(user_id, project_id, consistency(asked, newest)).await?;
        if !newest && answer.revision < self.changes.least_revision(user_id, project_id) {
            // Made before a change that is known by now: it was on its way, or came from an old copy.
            answer = self.ask_effective(user_id, project_id, consistency(0, true)).await?;
        }
        let permissions = PermissionSet::of_numbers(&answer.permissions);
        let life = if permissions.is_empty() { NOTHING_FRESH } else { FRESH };
        // An answer that is already too old for a change is refused on use, so a race of fill and change leaves nothing stale.
        let kept = Answer {
            value: permissions,
            revision: answer.revision,
            made,
            life,
        };
        self.granted.insert(key, kept).await;
        Ok(Granted {
            permissions,
            revision: answer.revision,
        })
    }

    async fn ask_effective(
        &self,
        user_id: Uuid,
        project_id: Option<Uuid>,
        consistency: Option<Consistency>,
    ) -> Result<GetEffectivePermissionsResponse, RpcError> {
        let question = GetEffectivePermissionsRequest {
            user_id: user_id.to_string(),
            project_id: text(project_id),
            consistency,
        };
        Ok(self
            .client
            .clone()
            .get_effective_permissions(patient(question))
            .await
            .map_err(refused)?
            .into_inner())
    }

    /// The projects in which the caller has a permission, at most 10,000.
    ///
    /// # Errors
    /// As `in_project`.
    pub async fn accessible(&self, call: &Call, permission: Permission) -> Result<Arc<Accessible>, RpcError> {
        let user_id = call.user_id()?;
        let asked = asked_revision(call)?;
        let key = (user_id, permission as i32);
        let least = self.changes.least_revision_anywhere(user_id).max(asked);
        if let Some(answer) = self.accessible.get(&key).await
            && answer.is_good(least, self.clock.now())
        {
            return Ok(answer.value);
        }
        let made = self.clock.now();
        let mut answer = self.ask_accessible(user_id, permission, consistency(asked, false)).await?;
        if answer.revision < self.changes.least_revision_anywhere(user_id) {
            answer = self.ask_accessible(user_id, permission, consistency(0, true)).await?;
        }
        let project_ids = answer.project_ids.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect();
        let value = Arc::new(Accessible { project_ids });
        let kept = Answer {
            value: value.clone(),
            revision: answer.revision,
            made,
            life: FRESH,
        };
        self.accessible.insert(key, kept).await;
        Ok(value)
    }

    async fn ask_accessible(
        &self,
        user_id: Uuid,
        permission: Permission,
        consistency: Option<Consistency>,
    ) -> Result<ListAccessibleResponse, RpcError> {
        let question = ListAccessibleRequest {
            user_id: user_id.to_string(),
            permission: permission as i32,
            consistency,
        };
        Ok(self
            .client
            .clone()
            .list_accessible(patient(question))
            .await
            .map_err(refused)?
            .into_inner())
    }

    /// Which of these people have a permission in a project: one answer each, in order. At most 100 people.
    ///
    /// # Errors
    /// As `in_project`.
    pub async fn others_with(&self, project_id: Uuid, user_ids: &[Uuid], permission: Permission) -> Result<Vec<bool>, RpcError> {
        if user_ids.is_empty() {
            return Ok(Vec::new());
        }
        let check = |user_id: &Uuid| CheckRequest {
            user_id: user_id.to_string(),
            project_id: project_id.to_string(),
            permission: permission as i32,
            consistency: None,
        };
        let question = BatchCheckRequest {
            checks: user_ids.iter().map(check).collect(),
            consistency: None,
        };
        let answer = self
            .client
            .clone()
            .batch_check(patient(question))
            .await
            .map_err(refused)?
            .into_inner();
        Ok((0..user_ids.len())
            .map(|index| answer.decisions.get(index) == Some(&(Decision::Allowed as i32)))
            .collect())
    }

    /// The people who have a permission in a project.
    ///
    /// # Errors
    /// As `in_project`.
    pub async fn subjects(&self, project_id: Uuid, permission: Permission) -> Result<Vec<Uuid>, RpcError> {
        let question = ListSubjectsRequest {
            project_id: project_id.to_string(),
            permission: permission as i32,
        };
        let answer = self
            .client
            .clone()
            .list_subjects(patient(question))
            .await
            .map_err(refused)?
            .into_inner();
        Ok(answer.user_ids.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect())
    }
}

fn text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn patient<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(PATIENCE);
    request
}

fn refused(status: Status) -> RpcError {
    if reason_of(&status) == Some(ErrorReason::RevisionUnknown) {
        revision_unknown()
    } else {
        RpcError::from_upstream("auth", status)
    }
}

fn revision_unknown() -> RpcError {
    RpcError::new(
        Code::FailedPrecondition,
        ErrorReason::RevisionUnknown,
        "the revision of x-authz-min-revision does not exist",
    )
}

fn consistency(asked: i64, newest: bool) -> Option<Consistency> {
    let requirement = match (asked, newest) {
        (_, true) => Requirement::FullyConsistent(true),
        (0, _) => return None,
        (revision, _) => Requirement::AtLeastRevision(revision),
    };
    Some(Consistency {
        requirement: Some(requirement),
    })
}

/// The revision that the caller wants to see at least: promise P1.
fn asked_revision(call: &Call) -> Result<i64, RpcError> {
    let Some(text) = call.metadata("x-authz-min-revision") else {
        return Ok(0);
    };
    text.parse()
        .ok()
        .filter(|revision| *revision >= 0)
        .ok_or_else(|| RpcError::invalid("x-authz-min-revision", "must be a revision that was answered"))
}
