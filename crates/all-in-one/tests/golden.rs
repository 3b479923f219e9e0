//! The REST API as it is promised: `buf breaking` does not see routes, so the document is committed and every change of it is reviewed.
//! `cargo xtask gen` writes it anew.

use tasktracker::{Settings, settings, system};

#[tokio::test]
async fn the_committed_openapi_document_is_the_one_that_is_served() {
    let settings = Settings::read(&settings::defaults().expect("defaults"), Settings::default_data_dir()).expect("defaults");
    let served = system::openapi(&settings).expect("a document");
    let committed = include_str!("../../../proto/openapi.json");
    assert!(
        served.trim() == committed.trim(),
        "proto/openapi.json is not what the gateway serves: run `cargo xtask gen` and look at the difference"
    );
}
