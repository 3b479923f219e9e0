//! The page of a list: its size, where it begins, and the token of the next one.

use sea_orm::sea_query::Condition;
use serde_json::{Value, json};
use tasktracker_database::cursor::Context;
use tasktracker_database::{Time, keyset, page};
use tasktracker_identity::Call;
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::refuse;
use crate::app::App;
use crate::db::files;
use crate::domain::file::File;

/// A page that was asked for.
#[derive(Debug)]
pub struct Paging {
    context: Context,
    begins_after: Option<Vec<Value>>,
    size: u64,
}

impl Paging {
    /// Reads a request for a page of a task's files. The size may change from page to page.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a token that is not of this list and caller.
    pub fn open(app: &App, call: &Call, rpc: &str, task_id: Uuid, page_size: i32, page_token: &str) -> Result<Self, RpcError> {
        let context = Context::new(rpc, &call.caller().to_string()).with("parent", &task_id.to_string());
        let begins_after = app.sealer.open(&context, page_token).map_err(refuse::page_token)?;
        Ok(Self {
            context,
            begins_after,
            size: page::size(page_size),
        })
    }

    /// How many rows to fetch: one more than the page has, which tells that there is a next one.
    pub fn limit(&self) -> u64 {
        self.size + 1
    }

    /// The rows of this page and later ones.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a token of another release, whose order was another one.
    pub fn after(&self) -> Result<Option<Condition>, RpcError> {
        let after = self.begins_after.as_ref().map(|values| keyset::after(&files::order(), values));
        after.transpose().map_err(refuse::page_token)
    }

    /// Cuts what was fetched down to the page, and answers the token of the next one.
    pub fn finish(&self, app: &App, rows: &mut Vec<File>) -> String {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        if rows.len() <= size {
            return String::new();
        }
        rows.truncate(size);
        let values = |last: &File| [json!(Time::from(last.create_time)), json!(last.id.to_string())];
        rows.last()
            .map(|last| app.sealer.seal(&self.context, &values(last)))
            .unwrap_or_default()
    }
}
