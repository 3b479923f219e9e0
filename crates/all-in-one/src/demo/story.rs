//! The demo's words: two projects, their tasks, and what people say about them.

use tasktracker_proto::core::v1::{Priority, TaskType};

/// Key, name, description and time zone.
pub const PROJECTS: [(&str, &str, &str, &str); 2] = [
    (
        "WEB",
        "Website relaunch",
        "The new website: faster, readable on a phone, and **easy to change**.",
        "Europe/Berlin",
    ),
    (
        "OPS",
        "Operations",
        "Keeping the lights on: servers, backups, certificates and the people on call.",
        "Etc/UTC",
    ),
];

/// A task's title, kind, urgency and estimate.
pub type Line = (&'static str, TaskType, Priority, Option<f64>);

use Priority::{High, Low, Medium, None as Unset, Urgent};
use TaskType::{Bug, Epic, Task};

/// The tasks of WEB, in the order in which they come up.
pub const WEB: [Line; 34] = [
    ("Relaunch the website", Epic, High, None),
    ("Collect what visitors look for", Task, Medium, Some(3.0)),
    ("Draw the map of pages", Task, Medium, Some(2.0)),
    ("Choose a typeface that loads fast", Task, Low, Some(1.0)),
    ("Write the voice and tone guide", Task, Low, Some(3.0)),
    ("Start page: first sketch", Task, High, Some(5.0)),
    ("Menu cannot be reached with the keyboard", Bug, High, Some(2.0)),
    ("Pictures in the right size for each screen", Task, Medium, Some(5.0)),
    ("Search over all pages", Task, Medium, Some(8.0)),
    ("Contact form sends twice", Bug, Urgent, Some(1.0)),
    ("Dark theme", Task, Low, Some(3.0)),
    ("Move the old blog posts", Task, Medium, Some(8.0)),
    ("Redirect the old addresses", Task, High, Some(3.0)),
    ("Footer overlaps the text on small phones", Bug, Medium, Some(1.0)),
    ("Price page: say what is included", Task, High, Some(2.0)),
    ("Measure the load time from three continents", Task, Medium, Some(2.0)),
    ("Russian translation", Epic, Medium, None),
    ("Translate the start page", Task, Medium, Some(2.0)),
    ("Translate the help pages", Task, Low, Some(5.0)),
    ("Dates show in the wrong order", Bug, Medium, Some(1.0)),
    ("Cookie notice that takes no for an answer", Task, High, Some(2.0)),
    ("Newsletter sign-up", Task, Low, Some(3.0)),
    ("Page not found should help", Task, Low, Some(1.0)),
    ("Contrast of grey text is too low", Bug, High, Some(1.0)),
    ("Feed of the news", Task, Low, Some(2.0)),
    ("Preview links for social media", Task, Low, Some(2.0)),
    ("Ask ten people to find the price", Task, High, Some(3.0)),
    ("Video starts by itself", Bug, Urgent, Some(1.0)),
    ("Write the launch announcement", Task, Medium, Some(2.0)),
    ("Print style sheet", Task, Unset, Some(1.0)),
    ("Load test before the launch", Task, High, Some(3.0)),
    ("Plan for going back, if we must", Task, High, Some(2.0)),
    ("Launch!", Task, Urgent, None),
    ("Thank everybody", Task, Unset, None),
];

/// The tasks of OPS.
pub const OPS: [Line; 26] = [
    ("Backups that are tried", Epic, High, None),
    ("Restore last night's backup on a spare machine", Task, High, Some(5.0)),
    ("Alert when a backup is missing", Task, High, Some(2.0)),
    ("Certificates renew by themselves", Task, High, Some(3.0)),
    ("Disk of the build machine is full again", Bug, Urgent, Some(1.0)),
    ("Write down who to call at night", Task, Medium, Some(1.0)),
    ("Upgrade PostgreSQL", Task, Medium, Some(8.0)),
    ("Log lines without a request id", Bug, Low, Some(2.0)),
    ("Second link to the internet", Task, Low, Some(5.0)),
    ("Turn off the old mail server", Task, Medium, Some(3.0)),
    ("Access for the new colleague", Task, Medium, Some(1.0)),
    ("Dashboard for the support team", Task, Low, Some(5.0)),
    ("Clock of the meter is two minutes late", Bug, Medium, Some(1.0)),
    ("Count what the cloud costs per project", Task, Medium, Some(3.0)),
    ("Secrets out of the wiki", Task, Urgent, Some(2.0)),
    ("Practise a fail-over", Task, High, Some(5.0)),
    ("Shorter names for the machines", Task, Unset, None),
    ("Patch the VPN", Task, Urgent, Some(1.0)),
    ("Monitoring shows green when it is blind", Bug, High, Some(3.0)),
    ("Keep logs for 30 days, not forever", Task, Medium, Some(2.0)),
    ("Uninterruptible power for the rack", Task, Medium, Some(3.0)),
    ("Rotate the keys of the object store", Task, High, Some(2.0)),
    ("Post-mortem of the Tuesday outage", Task, High, Some(2.0)),
    ("Runbook: restore a single project", Task, Medium, Some(3.0)),
    ("Renew the support contract", Task, Low, None),
    ("Spring cleaning of the server room", Task, Unset, None),
];

/// What people say.
pub const COMMENTS: [&str; 12] = [
    "I can take this one.",
    "Blocked until we hear from the agency. I asked again today.",
    "First version is up, please have a look.",
    "Works for me on an old phone too.",
    "Can we split this? The second half is a different thing.",
    "Found the cause: a missing index. Fix is on its way.",
    "Let us decide that on Thursday.",
    "Done, and written down in the wiki.",
    "I would rather do the simple thing first:\n\n1. measure\n2. change one thing\n3. measure again",
    "The numbers look good: `p99` is below 50 ms.",
    "Reopened, it happened again last night.",
    "Thank you!",
];

/// Files that people put on tasks: project, number of the task, who, name and content.
pub const FILES: [(usize, usize, usize, &str, &[u8]); 7] = [
    (0, 5, 0, "start-page.png", include_bytes!("sketch.png")),
    (
        0,
        2,
        1,
        "map-of-pages.csv",
        b"page,parent\nstart,\nprices,start\nhelp,start\nnews,start\n",
    ),
    (
        0,
        15,
        2,
        "load-times.csv",
        b"from,seconds\nFrankfurt,0.8\nSingapore,2.1\nSan Francisco,1.4\n",
    ),
    (
        0,
        26,
        0,
        "answers.txt",
        b"Ten people looked for the price.\nSeven found it, two gave up, one telephoned.\n",
    ),
    (
        1,
        1,
        1,
        "restore.log",
        b"02:14 restore started\n02:31 1,204,118 rows\n02:32 checksums are the same\n",
    ),
    (
        1,
        5,
        0,
        "who-to-call.md",
        b"# At night\n\n1. whoever is on call\n2. Grace\n3. nobody else\n",
    ),
    (
        1,
        22,
        2,
        "timeline.txt",
        b"09:02 first alert\n09:05 nobody sees it\n09:41 somebody telephones\n10:10 back\n",
    ),
];
