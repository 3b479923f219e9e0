//! What the lists have in common: the page's size, where it begins, and the token of the next one. A page is merged from several services.

use serde_json::Value;
use tasktracker_database::cursor::{BadToken, Context};
use tasktracker_database::page;
use tasktracker_identity::Call;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::operations::Operations;

/// Most bytes of a page: clients take messages of 4 MiB at most.
const PAGE_BYTES: usize = 3 * 1024 * 1024;
/// What a row has besides its long fields.
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
    pub fn open(
        operations: &Operations,
        call: &Call,
        rpc: &str,
        (size, token): (i32, &str),
        parts: &[(&str, &str)],
    ) -> Result<Self, RpcError> {
        let context = Context::new(&format!("{}/{rpc}", crate::operations::SERVICE), &call.caller().to_string());
        let context = parts.iter().fold(context, |context, (name, value)| context.with(name, value));
        let begins_after = operations.sealer.open(&context, token).map_err(bad_token)?;
        Ok(Self {
            context,
            begins_after,
            size: page::size(size),
        })
    }

    /// How many rows to fetch of each service: one more than the page has, which tells that there is a next one.
    pub fn limit(&self) -> u64 {
        self.size + 1
    }

    /// The keys of the last row of the page before.
    pub fn begins_after(&self) -> Option<&[Value]> {
        self.begins_after.as_deref()
    }

    /// Cuts what was fetched, in order, down to the page, and answers the token of the next one; `weight` is the size of a row's long fields.
    pub fn finish<T>(
        &self,
        operations: &Operations,
        rows: &mut Vec<T>,
        weight: impl Fn(&T) -> usize,
        keys: impl Fn(&T) -> Vec<Value>,
    ) -> String {
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
            .map(|last| operations.sealer.seal(&self.context, &keys(last)))
            .unwrap_or_default()
    }
}

/// A page token that is not ours, or not of this list.
pub fn bad_token(_: BadToken) -> RpcError {
    let message = "the page token is damaged, or of another list, filter or caller";
    RpcError::new(Code::InvalidArgument, ErrorReason::InvalidPageToken, message)
        .violation("page_token", "must be the next_page_token of the same list")
}
