//! Answers how far each source of events has been counted, and what could not be.

use jiff::Timestamp;
use tasktracker_database::Failure;
use tasktracker_events::Topic;
use tasktracker_identity::Call;
use tasktracker_proto::analytics::v1::{GetProjectionStatusRequest, GetProjectionStatusResponse, ProjectionStatus, SourceStatus};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use crate::app::{App, Positions};
use crate::consumers::projection::TOPICS;
use crate::records::archive;
use crate::records::ids::{self, Generation};
use crate::store::{Document, HEAD, end_of, generation_of};

pub async fn get_projection_status(
    app: &App,
    call: &Call,
    _request: GetProjectionStatusRequest,
) -> Result<GetProjectionStatusResponse, RpcError> {
    let granted = app.access.in_system(call).await?;
    granted.require_in_system(Permission::OperationManage)?;

    let mut wanted = vec![HEAD.to_owned()];
    wanted.extend(TOPICS.map(|topic| ids::source(topic.name)));
    let documents = app.store().get(&wanted).await?;
    let find = |id: &str| documents.iter().find(|document| document.id == id);
    let archived = app.store().count(archive::ALL, &end_of(archive::ALL)).await?;
    let dead = app.consumers.dead_letters().count().await.map_err(Failure::from)?;
    let ends = app.ends.ask(&TOPICS).await.map_err(|error| RpcError::unavailable("events", error))?;
    let sources = TOPICS.map(|topic| source(&ends, topic, find(&ids::source(topic.name))));
    Ok(GetProjectionStatusResponse {
        status: Some(ProjectionStatus {
            generation: Generation(find(HEAD).map_or(1, generation_of)).name(),
            sources: sources.into(),
            dead_letter_count: i32::try_from(dead).unwrap_or(i32::MAX),
            archived_event_count: i32::try_from(archived).unwrap_or(i32::MAX),
        }),
    })
}

fn source(ends: &Positions, topic: Topic, document: Option<&Document>) -> SourceStatus {
    let number = |field: &str| document.and_then(|document| document.fields.get_number(field));
    let position = number("position").unwrap_or_default();
    let time = number("time").and_then(|micros| Timestamp::from_microsecond(micros).ok());
    SourceStatus {
        topic: topic.name.to_owned(),
        position: position as f64,
        lag: i32::try_from((ends.get(&(topic.name.to_owned(), 0)).copied().unwrap_or_default() - position).max(0)).unwrap_or(i32::MAX),
        last_occur_time: time.map(to_proto),
    }
}
