//! Writes the bytes of each kind of event to `testdata/v1`, of those that have no file yet. A file that is there is the past: it stays as it
//! is, and a test says whether it can still be read.
#![expect(clippy::print_stdout, reason = "a tool that says what it wrote")]

#[path = "../tests/it/golden/values.rs"]
mod values;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/v1");
    std::fs::create_dir_all(&folder)?;
    for (name, bytes) in values::files() {
        let path = folder.join(format!("{name}.bin"));
        if !path.exists() {
            std::fs::write(&path, bytes)?;
            println!("wrote testdata/v1/{name}.bin");
        }
    }
    Ok(())
}
