//! What is left when everything was deleted: nothing.

use std::collections::BTreeMap;
use std::net::TcpListener;

use crate::audit::files;
use crate::hands::Hands;
use crate::world::{World, until};

/// What the services keep for ever, by state folder.
const KEPT: &[(&str, &[&str])] = &[
    ("attestation", &["authority/certificate.pem", "authority/key.pem"]),
    ("vaas", &["ended.jsonl", "lock"]),
    (
        "ccfaas",
        &[
            "ccfaas.sqlite",
            "ccfaas.sqlite-shm",
            "ccfaas.sqlite-wal",
            "loader/certificate.pem",
            "loader/key.pem",
            "lock",
        ],
    ),
];

/// Bytes that each of them may have. SQLite's log is the largest: it is written anew after 1000 pages of 4 KiB.
const KEPT_BYTES: u64 = 6 << 20;

/// No instance, process, port or file is held.
pub(crate) async fn nothing_is_left(world: &World, hands: &Hands) {
    until("VaaS has no instance", async || hands.vaas.list(None, None).await.unwrap().veracruz.is_empty()).await;
    assert_eq!(world.processes(), BTreeMap::new());
    for port in world.slots() {
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok(), "port {port} is taken");
    }
    for (folder, kept) in KEPT {
        let found = files(&world.path(folder));
        assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), *kept, "in {folder}");
        assert!(found.values().all(|bytes| *bytes < KEPT_BYTES), "in {folder}: {found:?}");
    }
    assert!(world.path("vaas/instances").read_dir().unwrap().next().is_none(), "a folder of an instance is left");
}
