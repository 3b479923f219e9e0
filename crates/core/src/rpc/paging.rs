//! What all lists have in common: the page's size, where it begins, and the token of the next one.

use sea_orm::sea_query::Condition;
use serde_json::Value;
use tasktracker_database::cursor::Context;
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::page;
use tasktracker_identity::Call;
use tasktracker_server::RpcError;

use super::refuse;
use crate::app::App;
use crate::domain::filter::BadFilter;
use crate::domain::order::BadOrder;

/// Longest description of what is wrong with a filter: it may quote the filter, and travels in a header.
const LONGEST_PROBLEM: usize = 500;

/// Most bytes of a page, and what a row has besides its long texts.
const PAGE_BYTES: usize = 3 * 1024 * 1024;
const ROW_BYTES: usize = 1024;

/// A page that was asked for.
#[derive(Debug)]
pub struct Paging {
    context: Context,
    begins_after: Option<Vec<Value>>,
    size: u64,
}

impl Paging {
    /// Reads a request for a page. `parts` are those of the request that must be the same on every page; the size may change.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a token that is not of this list and caller.
    pub fn open(app: &App, call: &Call, rpc: &str, page_size: i32, page_token: &str, parts: &[(&str, String)]) -> Result<Self, RpcError> {
        let context = Context::new(rpc, &call.caller().to_string());
        let context = parts.iter().fold(context, |context, (name, value)| context.with(name, value));
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
    pub fn after(&self, keys: &[Key]) -> Result<Option<Condition>, RpcError> {
        self.begins_after
            .as_ref()
            .map(|values| keyset::after(keys, values))
            .transpose()
            .map_err(refuse::page_token)
    }

    /// Cuts what was fetched down to the page, and answers the token of the next one; `values` are those of a row's keys. A page of rows
    /// with long texts (`weight`, in bytes) ends early: clients take messages of 4 MiB at most.
    pub fn finish<T>(&self, app: &App, rows: &mut Vec<T>, weight: impl Fn(&T) -> usize, values: impl Fn(&T) -> Vec<Value>) -> String {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fit = rows.iter().take_while(|row| {
            bytes += ROW_BYTES + weight(row);
            bytes <= PAGE_BYTES
        });
        let fit = fit.count().clamp(1, size);
        if rows.len() <= fit {
            return String::new();
        }
        rows.truncate(fit);
        rows.last()
            .map(|last| app.sealer.seal(&self.context, &values(last)))
            .unwrap_or_default()
    }
}

/// A filter that cannot be read.
pub fn bad_filter(bad: &BadFilter) -> RpcError {
    let mut problem = bad.to_string();
    if problem.len() > LONGEST_PROBLEM {
        problem.truncate(problem.floor_char_boundary(LONGEST_PROBLEM));
        problem.push_str("...");
    }
    RpcError::invalid("filter", problem)
}

/// An order that cannot be read.
pub fn bad_order(bad: &BadOrder) -> RpcError {
    RpcError::invalid("order_by", bad.to_string())
}
