//! Compiles every proto under `/proto` to bindings, request checks and descriptor bytes. Needs no protoc and no network.

#[path = "build/rules.rs"]
mod rules;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use prost::Message;

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto").canonicalize()?;
    println!("cargo:rerun-if-changed={}", root.join("tasktracker").display());
    println!("cargo:rerun-if-changed={}", root.join("third_party").display());
    println!("cargo:rerun-if-changed=build");
    let third_party = root.join("third_party");
    let mut files = Vec::new();
    collect(&root.join("tasktracker"), &mut files)?;
    files.sort();
    // Error details travel as `Any`; the gateway prints them as JSON, so it needs their descriptors.
    files.push(third_party.join("google/rpc/error_details.proto"));
    files.push(third_party.join("google/rpc/status.proto"));

    let mut compiler = protox::Compiler::new([&root, &third_party])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)
        .context("the protos do not compile")?;
    // Bytes, not `file_descriptor_set()`: prost-types would drop the options.
    let bytes = compiler.encode_file_descriptor_set();
    #[expect(clippy::disallowed_methods, reason = "this is how cargo talks to a build script")]
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let with_sources = out.join("descriptors_with_sources.bin");
    std::fs::write(with_sources, &bytes)?;
    let mut lean = protox::Compiler::new([&root, &third_party])?;
    lean.include_imports(true).open_files(&files)?;
    std::fs::write(out.join("descriptors.bin"), lean.encode_file_descriptor_set())?;

    let mut set = prost_types::FileDescriptorSet::decode(bytes.as_slice())?;
    set.file.retain(|file| {
        file.package() == "google.api" && file.name().ends_with("httpbody.proto")
            || file.package().starts_with("tasktracker.")
            || file.package() == "google.protobuf"
    });
    let mut config = tonic_prost_build::Config::new();
    // Secrets never reach a log by way of `{:?}`.
    config.skip_debug(SECRET_MESSAGES.iter().map(|name| format!(".tasktracker.auth.v1.{name}")));
    // Contents of files pass through without being copied.
    config.bytes([".google.api.HttpBody"]);
    tonic_prost_build::configure()
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .include_file("all.rs")
        .compile_fds_with_config(set, config)?;
    std::fs::write(out.join("rules.rs"), rules::generate(&bytes)?)?;
    Ok(())
}

/// Messages that hold a password, a token or a secret.
const SECRET_MESSAGES: &[&str] = &[
    "RegisterRequest",
    "SignInRequest",
    "SignInResponse",
    "RefreshSessionRequest",
    "RefreshSessionResponse",
    "ExchangeCredentialRequest",
    "ExchangeCredentialResponse",
    "IssueServiceTokenRequest",
    "IssueServiceTokenResponse",
];

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
