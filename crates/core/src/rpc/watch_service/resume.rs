//! Resume tokens: how far a watcher has read in each project, sealed for this caller and this set of projects. A token is no permission.

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
}

impl Resume {
    /// For a caller and a set of projects.
    pub fn new(sealer: &Sealer, call: &Call, mut projects: Vec<Uuid>) -> Self {
        projects.sort_unstable();
        let named = projects.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",");
        Self {
            sealer: sealer.clone(),
            context: Context::new(RPC, &call.caller().to_string()).with("projects", &named),
            projects,
        }
    }

    /// A token for these places.
    pub fn seal(&self, place_of: impl Fn(Uuid) -> i64) -> String {
        let places: Vec<_> = self.projects.iter().map(|project| json!(place_of(*project))).collect();
        self.sealer.seal(&self.context, &places)
    }

    /// The places of a token; none for an empty one.
    ///
    /// # Errors
    /// OUT_OF_RANGE for a token that is damaged, somebody else's, or of other projects.
    pub fn open(&self, token: &str) -> Result<Option<Vec<(Uuid, i64)>>, RpcError> {
        let expired = || {
            let message = "the resume token is damaged, or of another watch; start without one";
            RpcError::new(Code::OutOfRange, ErrorReason::ResumeTokenExpired, message)
        };
        let Some(places) = self.sealer.open(&self.context, token).map_err(|_| expired())? else {
            return Ok(None);
        };
        let places: Option<Vec<i64>> = places.iter().map(serde_json::Value::as_i64).collect();
        let places = places.filter(|places| places.len() == self.projects.len()).ok_or_else(expired)?;
        Ok(Some(self.projects.iter().copied().zip(places).collect()))
    }
}
