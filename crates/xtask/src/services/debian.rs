//! Programs from Debian's packages, unpacked into a folder: nothing is installed, no service is started, and root is not needed.

use std::path::Path;
use std::process::Command;

use crate::tools::Need;

/// What fetches and unpacks packages.
pub const NEEDS: &[Need] = &[
    Need {
        program: "apt-get",
        remedy: "install the server with the package manager of this machine",
    },
    Need {
        program: "dpkg",
        remedy: "install the server with the package manager of this machine",
    },
];

/// Fetches what `apt-get install` would add to this machine, and unpacks it. Its libraries are then in `lib`.
const UNPACK: &str = r#"
set -eu
cd "$0"
plan=$(apt-get install --simulate --no-install-recommends "$@")
apt-get download --quiet $(printf '%s\n' "$plan" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
mkdir lib
for package in *.deb; do
  dpkg --extract "$package" .
  rm "$package"
done
find "$0" -name '*.so*' -path '*-linux-gnu*' -exec ln -sf -t lib '{}' +
"#;

/// The steps that put packages, and what they need, into a folder.
pub fn unpack(folder: &Path, packages: &[&str]) -> Vec<Command> {
    let mut shell = Command::new("sh");
    shell.args(["-c", UNPACK]).arg(folder).args(packages);
    vec![shell]
}

/// Lets a program find the libraries that were unpacked beside it; leaves one alone that is installed.
pub fn with_libraries(command: &mut Command, folder: Option<&Path>) {
    if let Some(libraries) = folder.map(|folder| folder.join("lib")).filter(|libraries| libraries.is_dir()) {
        command.env("LD_LIBRARY_PATH", libraries);
    }
}
