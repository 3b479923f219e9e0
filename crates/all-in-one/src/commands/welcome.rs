//! What a newcomer reads when everything is ready: the address, how to sign in, and commands that work as printed.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use tasktracker_server::terminal::say;

use crate::demo;

/// Says that the gateway answers, and how to get in.
pub fn greet(address: SocketAddr, setup_token: Option<&str>, is_demo: bool) {
    say(format!("\nTask Tracker is ready: http://{address}"));
    if let Some(token) = setup_token {
        say("\nThis instance has no users yet. Its first owner registers with this set-up token (a new one at each start):");
        say(format!("  {token}"));
        say("\nTry:");
        say(format!(
            "  curl -s http://{address}/v1/accounts:register -H 'content-type: application/json' \\\n    -d '{{\"email\":\"you@example.com\",\"displayName\":\"You\",\"password\":\"fifteen characters at least\",\"setupToken\":\"{token}\"}}'"
        ));
    } else if is_demo {
        say("\nSign in as one of these, with the password \"correct horse battery staple\":");
        for (name, _, role) in demo::PEOPLE {
            say(format!("  {name}@example.com ({role})"));
        }
        say("\nTry (the first line signs in; the others use its token):");
        say(format!(
            "  TOKEN=$(curl -s http://{address}/v1/sessions:signIn -H 'content-type: application/json' -d '{{\"email\":\"ada@example.com\",\"password\":\"{}\",\"sessionKind\":\"SESSION_KIND_NATIVE\"}}' | sed 's/.*\"accessToken\":\"\\([^\"]*\\)\".*/\\1/')",
            demo::PASSWORD
        ));
        say(format!(
            "  curl -s http://{address}/v1/tasks/WEB-12 -H \"authorization: Bearer $TOKEN\""
        ));
        say(format!(
            "  curl -s \"http://{address}/v1/tasks?relations=TASK_RELATION_ASSIGNED&filter=overdue=true\" -H \"authorization: Bearer $TOKEN\""
        ));
        say(format!(
            "  curl -s -X PATCH http://{address}/v1/tasks/WEB-12 -H \"authorization: Bearer $TOKEN\" -H 'content-type: application/json' -d '{{\"priority\":\"PRIORITY_URGENT\"}}'"
        ));
        if has("grpcurl", "-version") {
            say(format!("  grpcurl -plaintext {address} list"));
            say(format!(
                "  grpcurl -plaintext -H \"authorization: Bearer $TOKEN\" -d '{{\"task_id\":\"WEB-12\"}}' {address} tasktracker.core.v1.TaskService/GetTask"
            ));
        }
        if has("python3", "--version") {
            say(format!(
                "  TOKEN=$TOKEN python3 -c 'import json, os, urllib.request as u; r = u.Request(\"http://{address}/v1/projects\", headers={{\"authorization\": \"Bearer \" + os.environ[\"TOKEN\"]}}); print([p[\"name\"] for p in json.load(u.urlopen(r))[\"projects\"]])'"
            ));
        }
    }
    say(format!("\nThe API is described at http://{address}/docs. Stop with Ctrl-C.\n"));
}

/// Whether a program is installed here.
fn has(program: &str, version: &str) -> bool {
    Command::new(program)
        .arg(version)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
