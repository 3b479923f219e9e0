//! Lists events that could not be handled, of all services of the process, the newest first.

use serde_json::{Value, json};
use tasktracker_database::cursor::BadToken;
use tasktracker_database::{CommitError, Id, Time, page};
use tasktracker_identity::Call;
use tasktracker_proto::operations::v1::{ListDeadLettersRequest, ListDeadLettersResponse};
use tasktracker_server::RpcError;

use super::convert;
use super::paging;
use crate::operations::Operations;

pub async fn list_dead_letters(
    operations: &Operations,
    call: &Call,
    request: ListDeadLettersRequest,
) -> Result<ListDeadLettersResponse, RpcError> {
    operations.allow(call).await?;
    let asked = (request.page_size, request.page_token.as_str());
    let paging = paging::open(operations, call, "ListDeadLetters", asked, &[("group", &request.group)])?;
    let after = paging.begins_after().map(last_of).transpose().map_err(page::refused)?;
    let group = Some(request.group.as_str()).filter(|group| !group.is_empty());

    let mut letters = Vec::new();
    for store in &operations.dead_letters {
        letters.extend(store.list(group, after, paging.limit()).await.map_err(CommitError::from)?);
    }
    letters.sort_by_key(|letter| std::cmp::Reverse((letter.create_time, letter.id)));
    let next_page_token = paging.finish(
        &mut letters,
        |letter| letter.payload.len() + letter.error.len(),
        |letter| vec![json!(letter.create_time), json!(letter.id)],
    );
    Ok(ListDeadLettersResponse {
        dead_letters: letters.into_iter().map(convert::of_dead_letter).collect(),
        next_page_token,
    })
}

fn last_of(values: &[Value]) -> Result<(Time, Id), BadToken> {
    match values {
        [Value::Number(time), Value::String(id)] => {
            let time = time.as_i64().ok_or(BadToken)?;
            Ok((Time(time), id.parse().map_err(|_| BadToken)?))
        }
        _ => Err(BadToken),
    }
}
