//! The page of a list: its size, where it begins, and the token of the next one.

use sea_orm::sea_query::Condition;
use serde_json::Value;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::cursor::{BadToken, Context, Sealer};
use crate::keyset::{self, Key};

/// Rows of a page when the caller names no size.
pub const DEFAULT_SIZE: u64 = 50;
/// Rows of the largest page.
pub const LARGEST_SIZE: u64 = 200;

/// The size to answer with. Requests with a negative size were refused before.
#[must_use]
pub fn size(requested: i32) -> u64 {
    match u64::try_from(requested) {
        Ok(0) | Err(_) => DEFAULT_SIZE,
        Ok(size) => size.min(LARGEST_SIZE),
    }
}

/// Most bytes of a page, and what a row has besides its long texts: clients take messages of 4 MiB at most.
const PAGE_BYTES: usize = 3 * 1024 * 1024;
const ROW_BYTES: usize = 1024;

/// A page that was asked for.
#[derive(Debug)]
pub struct Paging {
    sealer: Sealer,
    context: Context,
    begins_after: Option<Vec<Value>>,
    size: u64,
}

impl Paging {
    /// Reads a request for a page: its size, which may change from page to page, and its token. `context` names the list and the caller, and
    /// what of the request must be the same on every page.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a token that is not of this context.
    pub fn open(sealer: &Sealer, context: Context, page_size: i32, page_token: &str) -> Result<Self, RpcError> {
        let begins_after = sealer.open(&context, page_token).map_err(refused)?;
        Ok(Self {
            sealer: sealer.clone(),
            context,
            begins_after,
            size: size(page_size),
        })
    }

    /// How many rows to fetch: one more than the page has, which tells that there is a next one.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.size + 1
    }

    /// The keys of the last row of the page before.
    #[must_use]
    pub fn begins_after(&self) -> Option<&[Value]> {
        self.begins_after.as_deref()
    }

    /// The rows of this page and later ones.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for a token of another release, whose order was another one.
    pub fn after(&self, keys: &[Key]) -> Result<Option<Condition>, RpcError> {
        let after = self.begins_after().map(|values| keyset::after(keys, values));
        after.transpose().map_err(refused)
    }

    /// Cuts what was fetched, in order, down to the page, and answers the token of the next one; `values` are those of a row's keys. A page of
    /// rows with long texts (`weight`, in bytes) ends early.
    pub fn finish<T>(&self, rows: &mut Vec<T>, weight: impl Fn(&T) -> usize, values: impl Fn(&T) -> Vec<Value>) -> String {
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
            .map(|last| self.sealer.seal(&self.context, &values(last)))
            .unwrap_or_default()
    }
}

/// Says that a page token is not ours, or not of this list.
#[must_use]
pub fn refused(_: BadToken) -> RpcError {
    let message = "the page token is damaged, or of another list, filter, order or caller";
    RpcError::new(Code::InvalidArgument, ErrorReason::InvalidPageToken, message)
        .violation("page_token", "must be the next_page_token of the same list")
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_bounded() {
        assert_eq!([0, 1, 50, 200, 201, i32::MAX, -1].map(super::size), [50, 1, 50, 200, 200, 200, 50]);
    }
}
