//! Generated bindings of the API (`/proto`), its descriptor set, and the check of its request rules. It knows nothing of tasks.

pub mod validate;

#[expect(
    missing_docs,
    clippy::all,
    clippy::allow_attributes,
    reason = "generated; the protos carry the comments"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/all.rs"));
}

#[expect(clippy::all, reason = "generated")]
mod rules {
    include!(concat!(env!("OUT_DIR"), "/rules.rs"));
}

pub use generated::google;
use generated::tasktracker;
pub use generated::tasktracker::{analytics, auth, core, events, files, operations, options, r#type};

/// The compiled protos with all options and imports: for reflection, REST transcoding and policy lookup.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The same with comments: for OpenAPI and docs.
pub const DESCRIPTORS_WITH_COMMENTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors_with_sources.bin"));
