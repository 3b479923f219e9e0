//! Resume tokens: how far a watcher has read in each project and in their inbox, sealed for this caller and this set of projects. A token is
//! no permission.

use serde_json::json;
use tasktracker_database::cursor::{Context, Sealer};
use tasktracker_identity::Call;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use uuid::Uuid;

const RPC: &str = "tasktracker.core.v1.WatchService/Watch";

/// Seals and opens the tokens of one stream.
#[derive(Debug)]
pub struct Resume {
    sealer: Sealer,
    context: Context,
    /// The projects, sorted: the order of the places in a token.
    projects: Vec<Uuid>,
    /// Whether the inbox is watched, too: its place is the last one.
    with_inbox: bool,
}

/// How far a watcher has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// In each project.
    pub projects: Vec<(Uuid, i64)>,
    /// In the inbox, if it is watched.
    pub inbox: Option<i64>,
}

impl Resume {
    /// For a caller and what they watch.
    pub fn new(sealer: &Sealer, call: &Call, mut projects: Vec<Uuid>, with_inbox: bool) -> Self {
        projects.sort_unstable();
        let named = projects.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",");
        Self {
            sealer: sealer.clone(),
            context: Context::new(RPC, &call.caller().to_string())
                .with("projects", &named)
                .with("inbox", &with_inbox.to_string()),
            projects,
            with_inbox,
        }
    }

    /// A token for these places.
    pub fn seal(&self, place_of: impl Fn(Uuid) -> i64, inbox: Option<i64>) -> String {
        let places: Vec<_> = self.projects.iter().map(|project| json!(place_of(*project))).collect();
        let inbox = self.with_inbox.then(|| json!(inbox.unwrap_or_default()));
        self.sealer
            .seal(&self.context, &places.into_iter().chain(inbox).collect::<Vec<_>>())
    }

    /// The places of a token; none for an empty one.
    ///
    /// # Errors
    /// OUT_OF_RANGE for a token that is damaged, somebody else's, or of another watch.
    pub fn open(&self, token: &str) -> Result<Option<Places>, RpcError> {
        let expired = || {
            let message = "the resume token is damaged, or of another watch; start without one";
            RpcError::new(Code::OutOfRange, ErrorReason::ResumeTokenExpired, message)
        };
        let Some(places) = self.sealer.open(&self.context, token).map_err(|_| expired())? else {
            return Ok(None);
        };
        let places: Option<Vec<i64>> = places.iter().map(serde_json::Value::as_i64).collect();
        let expected = self.projects.len() + usize::from(self.with_inbox);
        let mut places = places.filter(|places| places.len() == expected).ok_or_else(expired)?;
        let inbox = if self.with_inbox { places.pop() } else { None };
        Ok(Some(Places {
            projects: self.projects.iter().copied().zip(places).collect(),
            inbox,
        }))
    }
}
